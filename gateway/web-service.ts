// The border to moleculer-web: the parts of its service that the gateway builds on, and what it changes in it.
// It stays the router, the whitelist and the link to the broker; guard, parameters, answers and errors are the gateway's.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActionEndpoint, Context, Service, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";

/** A path that moleculer-web knows. */
export interface Alias {
  readonly method: string;
  readonly fullPath: string;
  readonly action: string | null;
  match(url: string): Record<string, string> | false;
}

export interface Found {
  readonly alias: Alias;
  readonly params: Record<string, string>;
}

/** The request as moleculer-web annotates it. */
export interface WebRequest extends IncomingMessage {
  $ctx: Context;
  $route: unknown;
  $alias: Alias;
  $endpoint: ActionEndpoint;
}

export interface WebService extends Service {
  readonly aliases: readonly Alias[];
  addRoute(route: Readonly<Record<string, unknown>>): void;
  httpHandler(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): Promise<void>;
  /** Checks the whitelist, finds who can answer, then calls `callAction`. */
  aliasHandler(req: WebRequest, res: ServerResponse, alias: Alias): Promise<unknown>;
}

/** What the gateway does with a request once its path is known. */
export interface Hooks {
  /** Admits and answers. Must not throw. */
  onRoute(service: WebService, req: WebRequest, res: ServerResponse, found: Found): Promise<void>;
  /** Calls the action that moleculer-web found an endpoint for. */
  onAction(service: WebService, req: WebRequest, res: ServerResponse): Promise<void>;
  onError(req: IncomingMessage, res: ServerResponse, error: unknown): void;
}

const base = ApiGateway as unknown as {
  methods: { resolveAlias: (this: WebService, url: string, method: string) => Found | false };
};

/** What becomes of moleculer-web's schema. Its settings hold no routes: `settings` are told to every node of the network. */
export const webMixin = (hooks: Hooks): Partial<ServiceSchema> =>
  ({
    mixins: [ApiGateway as unknown as ServiceSchema],
    settings: {
      server: false,
      // Not an empty list: that would make moleculer-web add a route that publishes every action.
      routes: null,
      logRequest: null,
      logRequestParams: null,
      logResponse: null,
      logRouteRegistration: null,
    },
    // Actions of moleculer-web that tell or change routes; nobody here needs them.
    actions: { listAliases: false, addRoute: false, removeRoute: false },
    methods: {
      resolveAlias(this: WebService, url: string, method = "GET") {
        try {
          return base.methods.resolveAlias.call(this, url, method === "HEAD" ? "GET" : method);
        } catch {
          // A path that cannot be decoded names nothing.
          return false;
        }
      },
      // The gateway reads the query itself: flat, without the nesting that moleculer-web's reader builds from brackets.
      parseQueryString(req: IncomingMessage) {
        const url = req.url ?? "/";
        const mark = url.indexOf("?");
        return { url: mark === -1 ? url : url.slice(0, mark), query: {} };
      },
      // Answers by itself instead of waiting for the end of the answer: a live stream would keep the broker from stopping.
      async routeHandler(
        this: WebService,
        _ctx: unknown,
        route: unknown,
        req: WebRequest,
        res: ServerResponse,
        found?: Found,
      ) {
        if (!found) return null;
        req.$route = route;
        req.$alias = found.alias;
        await hooks.onRoute(this, req, res, found);
        return true;
      },
      async callAction(this: WebService, _route: unknown, _name: string, req: WebRequest, res: ServerResponse) {
        await hooks.onAction(this, req, res);
        return true;
      },
      errorHandler(req: IncomingMessage, res: ServerResponse, error: unknown) {
        hooks.onError(req, res, error);
      },
      // `express()` mode hands errors to `next`, which ours never does anything with.
      sendError(req: IncomingMessage, res: ServerResponse, error: unknown) {
        hooks.onError(req, res, error);
      },
    },
  }) as unknown as Partial<ServiceSchema>;
