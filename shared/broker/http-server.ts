// The HTTP server of every process, with an end to whatever a client may drag out: headers, a body, an answer that is not
// read, a connection that is kept, and how many connections there are. A proxy in front has limits of its own; this one
// holds without it. Answers are refused or cut here; what a request may cost further in is the gateway's.
import { createServer, type Server } from "node:http";
import { answerClientErrors } from "./client-error.ts";

/** Times in milliseconds. */
export interface HttpLimits {
  /** For all headers of a request, from its first byte or from the beginning of the connection. */
  readonly headersMs: number;
  /** For a whole request: a 2 GB upload over a slow line takes its time; small bodies have limits of their own. */
  readonly requestMs: number;
  /** Without a byte in either direction while something is to be read, written or worked out; the longest action has 60 s. */
  readonly stalledMs: number;
  /** Between two requests. Longer than proxies keep theirs (60 s), so that none sends into a connection that just closes. */
  readonly keepAliveMs: number;
  /** How often the first two are looked at. */
  readonly checkEveryMs: number;
  /** More are closed as they come: each may hold a socket, and one for Postgres or Redis must stay to be had. */
  readonly connections: number;
}

export const httpLimits: HttpLimits = {
  headersMs: 20_000,
  requestMs: 3_600_000,
  stalledMs: 120_000,
  keepAliveMs: 65_000,
  checkEveryMs: 5_000,
  connections: 10_000,
};

/** A server that does not listen yet. Connections above the limit are told by its event `drop`. */
export const createHttpServer = (limits: HttpLimits = httpLimits): Server => {
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkEveryMs,
  });
  server.timeout = limits.stalledMs;
  server.maxConnections = limits.connections;
  answerClientErrors(server);
  return server;
};
