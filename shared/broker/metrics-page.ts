// GET /metrics over plain http, in every process: open to this machine itself, else to whoever holds LC_METRICS_TOKEN.
// The gateway also lets access tokens with the ability `read` in; that is its own route.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { bareHeaders } from "./bare-headers.ts";
import { isDirectLocal } from "./direct-local.ts";
import { metricsType, renderMetrics } from "./metrics.ts";

const holds = (req: IncomingMessage, token: string): boolean => {
  const given = Buffer.from(/^Bearer +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1] ?? "");
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};

/** True when the request may read the metrics without asking the gateway. */
export const mayScrape = (req: IncomingMessage, token: string | undefined): boolean =>
  token !== undefined && req.headers.authorization !== undefined ? holds(req, token) : isDirectLocal(req);

/** Answers with every metric of this process. */
export const sendMetrics = async (res: ServerResponse): Promise<void> => {
  const text = await renderMetrics();
  res.writeHead(200, {
    ...bareHeaders,
    "content-type": metricsType,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  res.end(text);
};
