// Sends spans by OTLP over HTTP when OTEL_EXPORTER_OTLP_ENDPOINT is set, and loads nothing of OpenTelemetry's SDK
// otherwise. The exporter reads the usual OTEL_EXPORTER_OTLP_… variables by itself. A receiver that is away costs spans,
// never work, and is told in one log line a minute.
import type { Sampler } from "@opentelemetry/sdk-trace";
import type { Middleware, ServiceBroker } from "moleculer";
import { config } from "../config.ts";
import { release } from "./release.ts";
import { setTracer } from "./tracing.ts";

export interface TraceSettings {
  readonly serviceName: string;
  /** As OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG say. */
  readonly sampler: string;
  readonly ratio: number;
  readonly node: string;
  readonly environment: string;
  readonly warn: (sentence: string) => void;
}

const flushMs = 2_000;
const warnEveryMs = 60_000;
const exportEveryMs = 1_000;

const samplerOf = (sdk: typeof import("@opentelemetry/sdk-trace"), { sampler, ratio }: TraceSettings): Sampler => {
  const always = new sdk.AlwaysOnSampler();
  const never = new sdk.AlwaysOffSampler();
  const some = new sdk.TraceIdRatioBasedSampler(ratio);
  const roots: Readonly<Record<string, Sampler>> = { always_on: always, always_off: never, traceidratio: some };
  const root = roots[sampler.replace("parentbased_", "")] ?? always;
  return sampler.startsWith("parentbased_") ? new sdk.ParentBasedSampler({ root }) : root;
};

/** OpenTelemetry logs an error as the JSON of all its fields. */
const sentenceOf = (message: string): string => {
  try {
    return String((JSON.parse(message) as { message?: unknown }).message ?? message);
  } catch {
    return message;
  }
};

/** Loads the SDK and sends every span from now on; the answer sends what is waiting and ends it. */
export const startTracing = async (settings: TraceSettings): Promise<() => Promise<void>> => {
  const [{ context, diag, DiagLogLevel }, sdk, { AsyncLocalStorageContextManager }, { resourceFromAttributes }, otlp] =
    await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/context-async-hooks"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/exporter-trace-otlp-http"),
    ]);
  let warnedAt = Number.NEGATIVE_INFINITY;
  const warn = (message: string) => {
    if (performance.now() - warnedAt < warnEveryMs) return;
    warnedAt = performance.now();
    settings.warn(`traces are not sent: ${sentenceOf(message).slice(0, 300)}`);
  };
  const silent = () => undefined;
  diag.setLogger({ error: warn, warn, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN);
  // Refused when another package, such as Sentry's, has set one: that one serves as well.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new sdk.TracerProvider({
    sampler: samplerOf(sdk, settings),
    resource: resourceFromAttributes({
      "service.name": settings.serviceName,
      "service.version": release.version,
      "service.instance.id": settings.node,
      "deployment.environment.name": settings.environment,
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new otlp.OTLPTraceExporter(),
        scheduledDelayMillis: exportEveryMs,
        maxQueueSize: 8_192,
      }),
    ],
  });
  setTracer(provider.getTracer("learning-center", release.version));
  return async () => {
    setTracer(undefined);
    await Promise.race([
      provider.shutdown().catch((error: unknown) => warn(String(error))),
      new Promise((resolve) => setTimeout(resolve, flushMs).unref()),
    ]);
  };
};

/** Broker middleware: traces from before the services start until after they have stopped. */
export const traceExportMiddleware = (): Middleware => {
  let flush: (() => Promise<void>) | undefined;
  return {
    name: "trace-export",
    async starting(broker: ServiceBroker) {
      if (!config.tracing.endpoint) return;
      flush = await startTracing({
        ...config.tracing,
        node: broker.nodeID,
        environment: config.environment,
        warn: (sentence) => broker.logger.warn(sentence),
      });
      broker.logger.info("traces are sent by OTLP");
    },
    async stopped() {
      await flush?.();
    },
  };
};
