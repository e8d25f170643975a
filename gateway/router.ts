// From a request to its answer: standing headers, CORS, the route, the guard, the handler or action, and any error.
// Every request ends in exactly one answer; nothing thrown below gets past here.
import type { IncomingMessage, ServerResponse } from "node:http";
import { note } from "../shared/broker/debug-log.ts";
import type { Deps } from "../shared/broker/deps.ts";
import { countMetric, observeSeconds } from "../shared/broker/metrics.ts";
import { ofRequest } from "../shared/broker/origin.ts";
import { demandReach } from "../shared/broker/reach.ts";
import { fail } from "../shared/contracts/errors.ts";
import type { Recorder } from "./audit/recorder.ts";
import type { Guard } from "./auth/guard.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { answerOptions, setCorsHeaders, setStandingHeaders } from "./headers.ts";
import { apiBase, type Handler, type OwnRoute, type PublicAction } from "./operations.ts";
import type { Pressure } from "./pressure.ts";
import { logUnforeseen, markLogged, notFound, sendProblem } from "./problem.ts";
import { inRequestSpan, nameRoute } from "./request-span.ts";
import { answerAction } from "./routes/api.ts";
import { isWebPath } from "./routes/web.ts";
import type { GatewaySettings } from "./settings.ts";
import type { Alias, Found, Hooks, WebRequest, WebService } from "./web-service.ts";

export interface RouterParts {
  readonly deps: Deps;
  readonly settings: GatewaySettings;
  readonly guard: Guard;
  readonly recorder: Recorder;
  readonly pressure: Pressure;
  readonly actions: readonly PublicAction[];
  /** Handlers of actions that the gateway answers by itself, by action name. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly own: readonly OwnRoute[];
  readonly web: (exchange: Exchange) => Promise<boolean>;
}

interface Operation {
  readonly action: PublicAction | undefined;
  readonly handle: Handler | undefined;
  readonly permission: OwnRoute["permission"];
}

export interface Router extends Hooks {
  /** Tells moleculer-web the routes. Throws when a contract asks for a handler that is missing. */
  register(service: WebService): void;
  handle(service: WebService, req: IncomingMessage, res: ServerResponse): void;
  /** Resolves when no request is running, or after `ms`. */
  idle(ms: number): Promise<void>;
}

const never = () => undefined;
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** By the pattern of its path: a path that anybody makes up is `other`, so that the metrics stay few. */
const countRequest = ({ req, res, route = "other" }: Exchange, ms: number) => {
  const method = methods.has(req.method ?? "") ? (req.method as string) : "other";
  countMetric("lc_http_requests_total", { method, route, status: String(res.statusCode) });
  observeSeconds("lc_http_request_seconds", { method, route }, ms / 1_000);
};

export const createRouter = ({
  deps,
  settings,
  guard,
  recorder,
  pressure,
  actions,
  handlers,
  own,
  web,
}: RouterParts): Router => {
  const operations = new Map<string, Operation>();
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const running = new Set<Exchange>();
  let onIdle: (() => void) | undefined;

  const refuse = (exchange: Exchange, error: unknown) => {
    logUnforeseen(deps.log, exchange.requestId, "request", error);
    sendProblem(exchange.res, exchange.requestId, error);
  };

  /** Methods that the path takes, by the routes that moleculer-web knows. */
  const methodsAt = (service: WebService, path: string): string[] => {
    const url = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    const matches = (alias: Alias) => {
      try {
        return alias.match(url) !== false;
      } catch {
        return false;
      }
    };
    const methods = new Set(service.aliases.filter(matches).map((alias) => alias.method));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods];
  };

  /** Nothing is routed at this path with this method: another method, a file of the web app, or nothing at all. */
  const unrouted = async (service: WebService, exchange: Exchange) => {
    const methods = methodsAt(service, exchange.path);
    if (methods.length > 0) {
      exchange.res.setHeader("allow", [...methods, "OPTIONS"].join(", "));
      throw fail("METHOD_NOT_ALLOWED", `${exchange.req.method} is not taken here; expected ${methods.join(", ")}`);
    }
    if (await web(exchange)) return;
    throw notFound(exchange.path);
  };

  const options = (service: WebService, exchange: Exchange, permitted: boolean) => {
    const methods = methodsAt(service, exchange.path);
    if (methods.length > 0) answerOptions(exchange, methods, permitted);
    else if (isWebPath(exchange.path)) answerOptions(exchange, ["GET", "HEAD"], permitted);
    else throw notFound(exchange.path);
  };

  const begin = (exchange: Exchange) => {
    exchanges.set(exchange.req, exchange);
    running.add(exchange);
    const { req, res, path, requestId } = exchange;
    const began = performance.now();
    // Answered before the body was in: the client may finish, so that it reads the answer, but not go on for ever.
    res.once("finish", () => {
      if (!req.complete) setTimeout(() => req.complete || req.destroy(), settings.bodyRestMs).unref();
    });
    res.once("close", () => {
      const ms = performance.now() - began;
      countRequest(exchange, ms);
      if (!isWebPath(path) && !path.startsWith("/debug"))
        note("request", `${req.method} ${path}`, { requestId, ms, result: String(res.statusCode) });
      running.delete(exchange);
      if (running.size === 0) onIdle?.();
    });
  };

  return {
    register(service) {
      const atRoot: Record<string, unknown> = {};
      const inApi: Record<string, unknown> = {};
      const add = (method: string, path: string, target: string | Handler, operation: Operation) => {
        operations.set(`${method} ${path}`, operation);
        const below = path.startsWith(`${apiBase}/`);
        (below ? inApi : atRoot)[`${method} ${below ? path.slice(apiBase.length) : path}`] = target;
      };
      for (const action of actions) {
        const handle = handlers[action.name];
        const { permission } = action.contract;
        // What produces something other than the action's result needs a handler that does so.
        if (action.rest.produces && !handle)
          throw new Error(`${action.name} is answered by a handler of the gateway, and there is none`);
        add(action.rest.method, action.path, handle ? never : action.name, { action, handle, permission });
      }
      for (const { method, path, permission, handle } of own)
        add(method, path, never, { action: undefined, handle, permission });
      const whitelist = actions.filter((action) => !handlers[action.name]).map((action) => action.name);
      const route = { mappingPolicy: "restrict", bodyParsers: false, mergeParams: false, logging: false, whitelist };
      service.addRoute({ ...route, path: apiBase, aliases: inApi });
      service.addRoute({ ...route, path: "/", aliases: atRoot });
    },

    handle(service, req, res) {
      const exchange = openExchange(req, res, settings);
      begin(exchange);
      setStandingHeaders(exchange);
      const permitted = setCorsHeaders(exchange, settings);
      // moleculer-web takes the id from these headers; only the one that was checked may get there.
      req.headers["x-request-id"] = exchange.requestId;
      delete req.headers["x-correlation-id"];
      const work = async () => {
        // Nor two slashes: an address put together wrongly must not be answered by a page of the web app.
        if (!/^\/(?!\/)/.test(exchange.path)) throw notFound(exchange.path);
        if (req.method === "OPTIONS") options(service, exchange, permitted);
        else
          await service.httpHandler(
            req,
            res,
            () => void unrouted(service, exchange).catch((error: unknown) => refuse(exchange, error)),
          );
      };
      ofRequest(exchange.requestId, () => inRequestSpan(exchange, settings.trustTraceparent, work)).catch(
        (error: unknown) => refuse(exchange, error),
      );
    },

    async onRoute(service: WebService, req: WebRequest, res: ServerResponse, { alias, params }: Found) {
      const exchange = exchanges.get(req);
      const operation = operations.get(`${alias.method} ${alias.fullPath}`);
      if (!exchange || !operation) throw new Error(`No operation at ${alias.method} ${alias.fullPath}`);
      exchange.params = params;
      exchange.route = alias.fullPath;
      nameRoute(exchange, alias.method, alias.fullPath);
      try {
        if (operation.permission) await guard.admit(exchange, operation.permission, operation.action?.contract.roles);
        if (operation.action) demandReach(operation.action.contract, exchange.caller?.communities);
        if (operation.action?.rest.adds) await pressure.demandRoom();
        if (operation.action?.name.startsWith("sandbox.") && !settings.sandbox)
          throw fail(
            "SANDBOX_OFF",
            "Mail goes to a real provider here, so there is no sandbox; it runs with LC_EMAIL_PROVIDER=sandbox",
          );
        if (operation.handle) await operation.handle(exchange);
        else await service.aliasHandler(req, res, alias);
        // What was refused has thrown, here or below, and what was answered with an error has its status.
        if (operation.action && res.statusCode < 400) recorder.note(exchange, operation.action);
      } catch (error) {
        refuse(exchange, error);
      }
    },

    async onAction(_service: WebService, req: WebRequest) {
      const exchange = exchanges.get(req);
      const action = operations.get(`${req.$alias.method} ${req.$alias.fullPath}`)?.action;
      if (!exchange || !action) throw new Error(`No action at ${req.$alias.method} ${req.$alias.fullPath}`);
      await answerAction(deps, settings, exchange, action, async (params, meta) => {
        try {
          return await req.$ctx.call(
            req.$endpoint as never,
            params as never,
            { meta: meta as Record<string, unknown> } as never,
          );
        } catch (error) {
          // The process that ran the action has written its line.
          markLogged(error);
          throw error;
        }
      });
    },

    onError(req, res, error) {
      const exchange = exchanges.get(req);
      if (exchange) refuse(exchange, error);
      else sendProblem(res, "", error);
    },

    idle(ms) {
      if (running.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
};
