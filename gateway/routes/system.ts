// /version, /metrics, the OpenAPI description and its readable page.
import { sendMetrics } from "../../shared/broker/metrics-page.ts";
import { release } from "../../shared/broker/release.ts";
import { type Exchange, sendJson, sendText } from "../exchange.ts";
import { asPage } from "../headers.ts";
import { describeApi } from "../openapi.ts";
import type { OwnRoute } from "../operations.ts";
import { renderReference } from "../pages/reference.ts";

export const systemRoutes = (publicUrl: string): readonly OwnRoute[] => {
  const description = describeApi(release.version, publicUrl);
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
      handle: (exchange) => {
        asPage(exchange);
        cached(exchange, "text/html; charset=utf-8", page);
      },
    },
  ];
};
