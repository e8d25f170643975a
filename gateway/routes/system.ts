// /version, /metrics, the OpenAPI description and its readable page.
import { readFileSync } from "node:fs";
import { sendMetrics } from "../../shared/broker/metrics-page.ts";
import { type Exchange, sendJson, sendText } from "../exchange.ts";
import { describeApi } from "../openapi.ts";
import type { OwnRoute } from "../operations.ts";
import { renderReference } from "../pages/reference.ts";

const root = new URL("../../", import.meta.url);

const read = (path: string): string | undefined => {
  try {
    return readFileSync(new URL(path, root), "utf8").trim();
  } catch {
    return undefined;
  }
};

/** The commit of a working copy; null in a deployment without its history. */
const commit = (): string | null => {
  const head = read(".git/HEAD");
  const named = head?.startsWith("ref: ") ? read(`.git/${head.slice(5)}`) : head;
  return named && /^[0-9a-f]{40}$/.test(named) ? named : null;
};

export const systemRoutes = (publicUrl: string): readonly OwnRoute[] => {
  const { name, version } = JSON.parse(read("package.json") ?? "{}") as { name: string; version: string };
  const release = { name, version, commit: commit() };
  const description = describeApi(version, publicUrl);
  const json = JSON.stringify(description);
  const page = renderReference(description);
  const cached = (exchange: Exchange, type: string, body: string) => {
    exchange.res.setHeader("cache-control", "public, max-age=60");
    sendText(exchange, 200, type, body);
  };
  return [
    { method: "GET", path: "/version", permission: undefined, handle: (exchange) => sendJson(exchange, 200, release) },
    {
      // Whoever may read them without the gateway was answered before; see shared/broker/metrics-page.ts.
      method: "GET",
      path: "/metrics",
      permission: "read",
      handle: ({ res }) => sendMetrics(res),
    },
    {
      method: "GET",
      path: "/api/openapi.json",
      permission: undefined,
      handle: (exchange) => cached(exchange, "application/json; charset=utf-8", json),
    },
    {
      method: "GET",
      path: "/api/docs",
      permission: undefined,
      handle: (exchange) => cached(exchange, "text/html; charset=utf-8", page),
    },
  ];
};
