// The environment variables of watching the platform: logs, reported errors, traces, metrics, and the debug page of a developer.
import { oneOf, urlWith } from "./variable-checks.ts";
import type { Variable } from "./variables.ts";

const samplers = ["always_on", "always_off", "traceidratio"] as const;

export const watchVariables: readonly Variable[] = [
  {
    name: "LC_LOG_LEVEL",
    meaning: "Least level that is logged",
    groups: ["all"],
    fallback: "info",
    refuse: oneOf("trace", "debug", "info", "warn", "error", "fatal"),
  },
  {
    name: "SENTRY_DSN",
    meaning:
      "Errors that nobody foresaw are reported here, without addresses, bodies and keys; nothing is loaded when unset",
    groups: ["all"],
    example: "https://key@o1.ingest.sentry.io/1",
    secret: true,
    refuse: urlWith("http", "https"),
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    meaning: "Traces are sent here by OTLP over HTTP (`/v1/traces` is added); nothing is loaded when unset",
    groups: ["all"],
    example: "http://localhost:4318",
    refuse: urlWith("http", "https"),
  },
  {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    meaning: "Headers for it, as `name=value`, comma-separated: most services want a key",
    groups: ["all"],
    secret: true,
    example: "api-key=abc",
  },
  {
    name: "OTEL_SERVICE_NAME",
    meaning: "The service's name in traces",
    groups: ["all"],
    fallback: "learning-center",
  },
  {
    name: "OTEL_TRACES_SAMPLER",
    meaning: "Which traces are kept",
    groups: ["all"],
    fallback: "parentbased_always_on",
    refuse: oneOf(...samplers, ...samplers.map((name) => `parentbased_${name}`)),
  },
  {
    name: "OTEL_TRACES_SAMPLER_ARG",
    meaning: "Share of the traces that a `…traceidratio` keeps, 0 to 1",
    groups: ["all"],
    fallback: "1",
    refuse: (v) => (/^(0|1|0?\.\d+|1\.0+|0\.\d+)$/.test(v) ? undefined : "a number from 0 to 1"),
  },
  {
    name: "LC_DEBUG",
    meaning:
      "`1`, as `npm run dev` sets it: the debug page `/debug` for this machine, and restarts when files change. Not in production",
    groups: ["start", "all"],
    fallback: "0",
    refuse: oneOf("0", "1"),
  },
  {
    name: "LC_TRUST_TRACEPARENT",
    meaning:
      "`1`: a request carries on the trace that its caller names in `traceparent`. Only where every caller is your own; else it is a link",
    groups: ["gateway"],
    fallback: "0",
    refuse: oneOf("0", "1"),
  },
  {
    name: "LC_METRICS_TOKEN",
    meaning:
      "Whoever sends it as `Authorization: Bearer …` may read `/metrics` of every process; without it only this machine and, at the gateway, access tokens",
    groups: ["all"],
    secret: true,
    example: "at-least-16-characters",
    refuse: (v) => (/^[\x21-\x7e]{16,}$/.test(v) ? undefined : "at least 16 characters without spaces"),
  },
];
