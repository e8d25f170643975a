// Descriptions of what the gateway answers without a contract: the live stream, system paths and public pages.
import type { JsonSchema, Operation, Parameter } from "./openapi.ts";

export interface OwnOperation {
  readonly method: "get" | "post";
  /** As OpenAPI writes it: `/u/{token}`. */
  readonly path: string;
  readonly operation: Operation;
}

const token: Parameter = {
  name: "token",
  in: "path",
  required: true,
  description: "Signed token from a message",
  schema: { type: "string" },
};
const content = (type: string, schema: JsonSchema = { type: "string" }): JsonSchema => ({
  content: { [type]: { schema } },
});
const answer = (description: string, body: JsonSchema = {}): JsonSchema => ({ description, ...body });
const noSuchLink = answer("The token is not one of ours", content("text/html"));

const oneMoment = answer("A part of the system is away", content("text/html"));
const refusals = (...statuses: readonly number[]): Operation["responses"] =>
  Object.fromEntries(statuses.map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]));

const open = (
  tag: string,
  operationId: string,
  summary: string,
  responses: Operation["responses"],
  parameters?: readonly Parameter[],
): Operation => ({
  operationId,
  summary,
  tags: [tag],
  security: [],
  ...(parameters ? { parameters } : {}),
  responses,
  "x-permission": "none",
});

export const ownOperations: readonly OwnOperation[] = [
  {
    method: "get",
    path: "/api/v1/live",
    operation: {
      operationId: "live.follow",
      summary: "Server-sent events that name topics which changed, at most once a second each",
      tags: ["live"],
      security: [{ session: [] }, { token: [] }],
      parameters: [
        {
          name: "topics",
          in: "query",
          required: true,
          description: "Comma-separated: campaigns, campaign:<id>, imports, import:<id>, queues (told every second)",
          schema: { type: "string" },
        },
        {
          name: "Last-Event-ID",
          in: "header",
          required: false,
          description: "Where the stream broke off; what changed since is told at once",
          schema: { type: "string" },
        },
      ],
      responses: {
        "200": answer('Messages `{ "topic": "campaign:<id>" }`', content("text/event-stream")),
        ...refusals(401, 403, 422, 429, 503),
      },
      "x-permission": "read",
    },
  },
  {
    method: "get",
    path: "/health/live",
    operation: open("system", "health.live", "The process runs", {
      "200": answer("It does", content("application/json", { type: "object" })),
    }),
  },
  {
    method: "get",
    path: "/health/ready",
    operation: open("system", "health.ready", "Everything that requests need is there", {
      "200": answer("Ready", content("application/json", { type: "object" })),
      "503": answer("Not ready; `missing` says what for", content("application/json", { type: "object" })),
    }),
  },
  {
    method: "get",
    path: "/metrics",
    operation: {
      operationId: "system.metrics",
      summary:
        "Metrics of this process for Prometheus; on the machine itself and with LC_METRICS_TOKEN also without signing in",
      tags: ["system"],
      security: [{ session: [] }, { token: [] }],
      responses: {
        "200": answer("The metrics that the README lists", content("text/plain")),
        ...refusals(401, 403, 429, 503),
      },
      "x-permission": "read",
    },
  },
  {
    method: "get",
    path: "/version",
    operation: open("system", "system.version", "Name, version and commit", {
      "200": answer("The release", content("application/json", { type: "object" })),
    }),
  },
  {
    method: "get",
    path: "/api/openapi.json",
    operation: open("system", "system.openapi", "This description", {
      "200": answer("OpenAPI 3.1", content("application/json", { type: "object" })),
    }),
  },
  {
    method: "get",
    path: "/api/docs",
    operation: open("system", "system.docs", "This description as a page", {
      "200": answer("HTML", content("text/html")),
    }),
  },
  {
    method: "get",
    path: "/u/{token}",
    operation: open(
      "public",
      "public.showUnsubscribe",
      "Page that asks whether to unsubscribe; changes nothing",
      { "200": answer("HTML", content("text/html")), "404": noSuchLink, "503": oneMoment },
      [token],
    ),
  },
  {
    method: "post",
    path: "/u/{token}",
    operation: open(
      "public",
      "public.unsubscribe",
      "Unsubscribes: one-click (RFC 8058) and the page's form",
      {
        "200": answer("HTML", content("text/html")),
        ...refusals(400, 413),
        "404": noSuchLink,
        "503": oneMoment,
      },
      [token],
    ),
  },
  {
    method: "get",
    path: "/t/o/{token}.gif",
    operation: open(
      "public",
      "public.open",
      "Open pixel",
      { "200": answer("1×1 GIF", content("image/gif")), "404": noSuchLink },
      [token],
    ),
  },
  {
    method: "get",
    path: "/t/c/{token}",
    operation: open(
      "public",
      "public.click",
      "Tracked link",
      { "302": answer("To the stored destination"), "404": noSuchLink, "503": oneMoment },
      [token],
    ),
  },
  {
    method: "post",
    path: "/hooks/email/{provider}",
    operation: open(
      "public",
      "public.emailHook",
      "Callback of an email provider, signed as that provider signs; stored at once, applied by a job",
      {
        "202": answer("Stored, now or before", content("application/json", { type: "object" })),
        ...refusals(401, 413, 429, 503),
        "404": answer("This provider's secret is not set here"),
      },
      [
        {
          name: "provider",
          in: "path",
          required: true,
          description: "resend, postmark, ses or sendgrid",
          schema: { type: "string", enum: ["resend", "postmark", "ses", "sendgrid"] },
        },
      ],
    ),
  },
];
