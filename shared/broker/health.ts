// Health over plain http, open before the broker connects to anything: /health/live, /health/ready and /metrics on PORT.
// In the gateway's process the same server hands every other request to the gateway once all is up, and answers 503 until then.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Middleware, ServiceBroker } from "moleculer";
import { config } from "../config.ts";
import { errorCatalogue } from "../contracts/errors.ts";
import { contracts } from "../contracts/index.ts";
import { createQuietLog } from "../streams/quiet-log.ts";
import { type Backends, watchBackends } from "./backends.ts";
import { bareHeaders } from "./bare-headers.ts";
import { closeDeps, depsOf } from "./deps.ts";
import { createHttpServer } from "./http-server.ts";
import { mayScrape, sendMetrics } from "./metrics-page.ts";
import { watchProcess } from "./process-metrics.ts";

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

interface Health {
  readonly server: Server;
  readonly backends: Backends;
  gateway: Listener | undefined;
  /** Leaving: unready, and everything is still answered. */
  stage: "starting" | "started" | "leaving" | "stopping";
  /** True once everything was there at the same time. */
  complete: boolean;
  unwatch: () => void;
}

const healthOf = new WeakMap<ServiceBroker, Health>();

/** Hands requests other than health to the gateway; undefined takes them away again while it stops. */
export const setGateway = (broker: ServiceBroker, listener: Listener | undefined): void => {
  const health = healthOf.get(broker);
  if (health) health.gateway = listener;
};

/** Reports unready from now on, so that proxies look elsewhere; what still comes is answered, each on its last connection. */
export const beginLeaving = (broker: ServiceBroker): void => {
  const health = healthOf.get(broker);
  if (health) health.stage = "leaving";
};

/** What keeps this process from being ready, in words; empty when it is. */
export const notReady = (broker: ServiceBroker): readonly string[] => {
  const health = healthOf.get(broker);
  if (!health) return [];
  if (health.stage === "leaving" || health.stage === "stopping") return ["the process is stopping"];
  const missing = [...health.backends.missing()];
  if (health.stage === "starting") missing.push("the services of this process are starting");
  else if (!health.complete) missing.push(...missingServices(broker).map((name) => `service ${name}`));
  if (missing.length === 0) health.complete = true;
  return missing;
};

/** The gateway waits, the first time, for every service it leads to. Other processes stand on their own. */
const missingServices = (broker: ServiceBroker): string[] => {
  if (!broker.getLocalService("gateway")) return [];
  const needed = Object.entries(contracts)
    .filter(
      ([name, contract]) => contract.group !== "sandbox" || (name === "sandbox" && config.emailProvider === "sandbox"),
    )
    .map(([name]) => name);
  const present = new Set(
    (broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true }) as unknown as { name: string }[]).map(
      (s) => s.name,
    ),
  );
  return needed.filter((name) => !present.has(name));
};

const sendJson = (res: ServerResponse, status: number, body: unknown, type = "application/json") => {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    ...bareHeaders,
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    ...(status === 503 ? { "retry-after": "2" } : {}),
  });
  res.end(text);
};

const refuse = (
  res: ServerResponse,
  code: "NOT_READY" | "NOT_FOUND" | "NOT_SIGNED_IN" | "INTERNAL_ERROR",
  detail: string,
) => {
  const { status, title } = errorCatalogue[code];
  const requestId = randomUUID();
  res.setHeader("x-request-id", requestId);
  sendJson(
    res,
    status,
    { type: `/api/docs#${code}`, title, status, detail, code, requestId },
    "application/problem+json",
  );
};

const unscraped =
  "Metrics are open to this machine itself; from elsewhere send Authorization: Bearer with the value of LC_METRICS_TOKEN";

const answer = (broker: ServiceBroker, health: Health, req: IncomingMessage, res: ServerResponse) => {
  const path = (req.url ?? "/").split("?", 1)[0];
  const leaving = health.stage === "leaving";
  if (leaving) res.setHeader("connection", "close");
  if (path === "/health/live") return sendJson(res, 200, { status: "live" });
  if (path === "/health/ready") {
    const missing = notReady(broker);
    // Names only: the log of this process says what is the matter with each.
    const names = health.backends.findings().map(({ area, name }) => `${area}: ${name}`);
    const findings = names.length > 0 ? { findings: names } : {};
    return missing.length === 0
      ? sendJson(res, 200, { status: "ready", ...findings })
      : sendJson(res, 503, { status: "not ready", missing, ...findings });
  }
  if (path === "/metrics" && req.method === "GET") {
    if (mayScrape(req, config.metricsToken)) {
      sendMetrics(res).catch((error: unknown) => {
        broker.logger.error(`the metrics could not be told: ${(error as Error).message}`);
        refuse(res, "INTERNAL_ERROR", "The metrics could not be told; the log of this process says why");
      });
      return;
    }
    if (!broker.getLocalService("gateway")) return refuse(res, "NOT_SIGNED_IN", unscraped);
  }
  const away =
    leaving || (health.stage === "started" && health.complete) ? health.backends.missing() : notReady(broker);
  if (away.length === 0 && health.gateway) return health.gateway(req, res);
  const detail =
    away.length > 0
      ? `Not ready: ${away.join("; ")}`
      : "This process serves health and metrics only; the API is the gateway's";
  refuse(res, away.length > 0 ? "NOT_READY" : "NOT_FOUND", detail);
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    // `::` also takes IPv4; where IPv6 is switched off, all IPv4 addresses.
    // Connections that come while the process is busy wait in line, instead of being turned away.
    server.listen({ port, host: "::", backlog: 4_096 }, () => resolve((server.address() as { port: number }).port));
  });

const openServer = async (broker: ServiceBroker, health: Health): Promise<number> => {
  health.server.on("request", (req, res) => answer(broker, health, req, res));
  const wanted = config.port ?? (broker.getLocalService("gateway") ? 3000 : 0);
  try {
    return await listen(health.server, wanted);
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    throw new Error(`Port ${wanted} is taken by another program. Stop it, or choose another port: PORT=${wanted + 1}`);
  }
};

/** Broker middleware: health first, then Postgres, schema and Redis, and only then the broker's own start. */
export const healthMiddleware = (): Middleware => ({
  name: "health",
  async starting(broker: ServiceBroker) {
    const deps = depsOf(broker);
    const health: Health = {
      server: createHttpServer(),
      backends: watchBackends(deps),
      gateway: undefined,
      stage: "starting",
      complete: false,
      unwatch: watchProcess(broker, deps, () => notReady(broker).length === 0),
    };
    const quiet = createQuietLog(broker.logger, { part: "http" });
    health.server.on("drop", () =>
      quiet.failing("connections", `${health.server.maxConnections} are open`, "A connection was turned away"),
    );
    healthOf.set(broker, health);
    const port = await openServer(broker, health);
    broker.logger.info(`health is served on port ${port}`);
    await health.backends.untilThere();
  },
  async started(broker: ServiceBroker) {
    const health = healthOf.get(broker);
    if (health) health.stage = "started";
  },
  async stopping(broker: ServiceBroker) {
    const health = healthOf.get(broker);
    if (!health) return;
    // Who lingered was seen to leave: a late request is refused before anything of it is sent, and tried elsewhere.
    if (config.lingerSeconds > 0) health.server.close();
    health.stage = "stopping";
  },
  async stopped(broker: ServiceBroker) {
    const health = healthOf.get(broker);
    health?.backends.stop();
    health?.unwatch();
    health?.server.close();
    health?.server.closeAllConnections();
    await closeDeps(broker);
  },
});
