// Puts the gateway together from its parts, for one process.
import { callAction } from "../shared/broker/context.ts";
import type { Deps } from "../shared/broker/deps.ts";
import { createForgotThrottle } from "./accounts/forgot-throttle.ts";
import type { LoginDeps } from "./accounts/login.ts";
import { createCodeThrottle, createLoginThrottle } from "./accounts/login-throttle.ts";
import { createChallenges } from "./accounts/second-factor/challenges.ts";
import { createRecorder } from "./audit/recorder.ts";
import { createGuard } from "./auth/guard.ts";
import { createSessions } from "./auth/sessions.ts";
import { tokenCacheOf } from "./auth/token-cache.ts";
import { type Exchange, sendText } from "./exchange.ts";
import { createHub } from "./live/hub.ts";
import { listen } from "./live/listen.ts";
import { apiBase, type Handler, publicActions } from "./operations.ts";
import { createPressure } from "./pressure.ts";
import { createRateLimit } from "./rate-limit.ts";
import { createRouter, type Router } from "./router.ts";
import { metaOf, readParams } from "./routes/api.ts";
import { debugRoutes } from "./routes/debug.ts";
import { csvFile, personFile } from "./routes/downloads.ts";
import { exportCsv } from "./routes/exports.ts";
import { hookRoutes } from "./routes/hooks.ts";
import { uploadImport } from "./routes/imports.ts";
import { createLiveStreams } from "./routes/live.ts";
import { passwordHandlers } from "./routes/password.ts";
import { publicRoutes } from "./routes/public.ts";
import { sessionHandlers } from "./routes/session.ts";
import { systemRoutes } from "./routes/system.ts";
import { createWeb } from "./routes/web.ts";
import type { GatewaySettings } from "./settings.ts";

const flushEveryMs = 10_000;
const drainMs = 10_000;

export interface Gateway {
  readonly router: Router;
  /** Ends live streams, waits for running requests, writes what is still in memory. */
  stop(): Promise<void>;
}

/** The refused rows of an import as a file. */
const errorsCsv =
  (deps: Deps): Handler =>
  async (exchange: Exchange) => {
    const id = exchange.params.id ?? "";
    const text = await callAction(deps.broker, "imports.errorsCsv", { id }, metaOf(exchange));
    exchange.res.setHeader(
      "content-disposition",
      `attachment; filename="import-${id.replace(/[^\w-]/g, "")}-errors.csv"`,
    );
    exchange.res.setHeader("cache-control", "no-store");
    sendText(exchange, 200, "text/csv; charset=utf-8", text);
  };

/** The accounts service answers this one; it has no body of its own to check. */
const me =
  (deps: Deps): Handler =>
  async (exchange) => {
    const answer = await callAction(deps.broker, "accounts.me", {}, metaOf(exchange));
    const body = JSON.stringify(answer);
    exchange.res.setHeader("cache-control", "no-store");
    sendText(exchange, 200, "application/json; charset=utf-8", body);
  };

/** What fits of the audit log, as a file. */
const auditFile =
  (deps: Deps, settings: GatewaySettings): Handler =>
  async (exchange) => {
    const params = await readParams(exchange, named("audit.csv"), settings);
    const text = await callAction(deps.broker, "audit.csv", params, metaOf(exchange));
    exchange.res.setHeader("content-disposition", 'attachment; filename="audit.csv"');
    exchange.res.setHeader("cache-control", "no-store");
    sendText(exchange, 200, "text/csv; charset=utf-8", text);
  };

const named = (name: string) => {
  const action = publicActions.find((candidate) => candidate.name === name);
  if (!action) throw new Error(`${name} is not a public action`);
  return action;
};

/** Starts what runs beside requests (the ear on Redis, the token book-keeping) and answers the router. */
export const assemble = (deps: Deps, settings: GatewaySettings): Gateway => {
  const sessions = createSessions(deps.redis, deps.clock, settings.secretKeys);
  const tokens = tokenCacheOf(deps.broker);
  const guard = createGuard({
    settings,
    sessions,
    tokens,
    limit: createRateLimit(deps.redis, settings.rateLimitPerMinute),
  });
  const recorder = createRecorder(deps);
  const hub = createHub(deps.clock);
  const ear = listen(deps, hub, tokens);
  const live = createLiveStreams(deps, hub, guard);
  const loginDeps: LoginDeps = {
    db: deps.db,
    id: deps.id,
    clock: deps.clock,
    log: deps.log,
    sessions,
    throttle: createLoginThrottle(deps.redis),
    codeThrottle: createCodeThrottle(deps.redis),
    challenges: createChallenges(deps.redis),
    secretKeys: settings.secretKeys,
  };

  const router = createRouter({
    deps,
    settings,
    guard,
    recorder,
    pressure: createPressure(deps, settings.limits),
    actions: publicActions,
    handlers: {
      ...sessionHandlers(deps, settings, loginDeps),
      ...passwordHandlers(deps, loginDeps, createForgotThrottle(deps.redis)),
      "accounts.me": me(deps),
      "imports.submit": uploadImport(deps, settings, named("imports.submit")),
      "imports.errorsCsv": errorsCsv(deps),
      "audit.csv": auditFile(deps, settings),
      "bulk.file": exportCsv(deps),
      "messages.csv": csvFile(deps, "messages.csv", "messages.csv"),
      "consent.suppressionsCsv": csvFile(deps, "consent.suppressionsCsv", "suppressions.csv"),
      "contacts.export": personFile(deps),
    },
    own: [
      { method: "GET", path: `${apiBase}/live`, permission: "read", handle: (exchange) => live.handle(exchange) },
      ...systemRoutes(settings.publicUrl),
      ...publicRoutes(deps, settings),
      ...hookRoutes(deps, settings),
      ...(settings.debug ? debugRoutes(deps) : []),
    ],
    web: createWeb(settings),
  });

  const flush = () =>
    tokens
      .flush()
      .catch((error: unknown) => deps.log.debug(`last use of tokens not written: ${(error as Error).message}`));
  const timer = setInterval(() => void flush(), flushEveryMs);
  timer.unref();

  return {
    router,
    async stop() {
      clearInterval(timer);
      live.stop();
      hub.stop();
      ear.disconnect();
      await router.idle(drainMs);
      await flush();
      await recorder
        .stop()
        .catch((error: unknown) => deps.log.error(`the last audit lines are lost: ${(error as Error).message}`));
    },
  };
};
