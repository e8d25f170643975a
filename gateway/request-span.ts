// The span of one request: named by its route, never by its path, since paths hold tokens. Files of the web app and the
// live stream have none. A caller's own trace is carried on only where the settings trust callers; else it is a link.
import { type OpenSpan, openSpan } from "../shared/broker/tracing.ts";
import type { Exchange } from "./exchange.ts";
import { isWebPath } from "./routes/web.ts";

const spans = new WeakMap<Exchange, OpenSpan>();
const untraced = /\/live$|^\/(?:metrics|version)$/;

/** Runs the work of a request inside of its span, which ends with the answer. */
export const inRequestSpan = (exchange: Exchange, trustCallers: boolean, work: () => Promise<void>): Promise<void> => {
  const { req, res, path, requestId } = exchange;
  if (isWebPath(path) || untraced.test(path)) return work();
  const given = req.headers.traceparent;
  const theirs = typeof given === "string" ? given : undefined;
  const method = req.method ?? "GET";
  const span = openSpan(method, {
    kind: "server",
    attributes: { "http.request.method": method, "lc.request.id": requestId },
    parent: trustCallers && theirs ? { traceparent: theirs } : "none",
    ...(theirs && !trustCallers ? { links: [theirs] } : {}),
  });
  spans.set(exchange, span);
  res.once("close", () => {
    span.set({ "http.response.status_code": res.statusCode });
    if (res.statusCode >= 500) span.failed({ type: String(res.statusCode) });
    span.end();
  });
  return span.run(work);
};

/** The route of the request is known. */
export const nameRoute = (exchange: Exchange, method: string, route: string): void => {
  const span = spans.get(exchange);
  span?.rename(`${method} ${route}`);
  span?.set({ "http.route": route });
};
