// Spans of what the platform does, by OpenTelemetry's API. Without an exporter (see trace-export.ts) everything here only
// calls through. A trace travels as a W3C traceparent: in the meta of calls, with jobs and messages in their rows, with
// events in their headers. Attributes are names, counts and our own ids; never addresses, bodies or paths with tokens.
import {
  type Attributes,
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { ActionHandler, Context as CallContext, Middleware } from "moleculer";
import { errorCode } from "../contracts/errors.ts";
import { currentRequestId, ofRequest } from "./origin.ts";

let tracer: Tracer | undefined;

/** Where spans are made from now on; undefined: nowhere. */
export const setTracer = (next: Tracer | undefined): void => {
  tracer = next;
};

/** True when spans are made in this process. */
export const isTracing = (): boolean => tracer !== undefined;

const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

const spanContextOf = (traceparent: string | null | undefined) => {
  const [, traceId, spanId, flags] = form.exec(traceparent ?? "") ?? [];
  return traceId && spanId && flags
    ? { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
    : undefined;
};

const textOf = (span: Span): string => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, "0")}`;
};

/** The span in progress as a traceparent, to carry on elsewhere; undefined without one. */
export const traceparent = (): string | undefined => {
  const span = tracer && trace.getActiveSpan();
  return span && textOf(span);
};

/** Runs work that goes on for itself: it belongs to no request and no trace, whoever happened to set it off. */
export const outside = <T>(work: () => T): T =>
  ofRequest(undefined, () => (tracer ? context.with(ROOT_CONTEXT, work) : work()));

/** Fields for every log line: the trace and the request that it belongs to, where there are. */
export const logFields = (): { traceId?: string; requestId?: string } => {
  const traceId = tracer && trace.getActiveSpan()?.spanContext().traceId;
  const requestId = currentRequestId();
  return { ...(traceId ? { traceId } : {}), ...(requestId ? { requestId } : {}) };
};

export interface SpanOptions {
  readonly kind?: "server" | "client" | "producer" | "consumer" | "internal";
  readonly attributes?: Attributes;
  /**
   * What it is part of: `current` (default), `none` for a new trace, `child`: of the current one, and no span at all
   * when there is none; or a traceparent that came along, null when none did.
   */
  readonly parent?: "current" | "none" | "child" | { readonly traceparent: string | null | undefined };
  /** Traces that led here without being its parent. */
  readonly links?: readonly string[];
}

/** A span that is in progress. */
export interface OpenSpan {
  /** Runs work inside of it: what that does becomes part of it. */
  run<T>(work: () => T): T;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** Marks it as failed; of an error only its code or class is told. */
  failed(error: unknown): void;
  end(): void;
}

const nothing: OpenSpan = {
  run: (work) => work(),
  rename: () => undefined,
  set: () => undefined,
  failed: () => undefined,
  end: () => undefined,
};

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

const parentOf = (parent: SpanOptions["parent"]): Context | undefined => {
  if (parent === "none") return ROOT_CONTEXT;
  if (parent === "child") return trace.getActiveSpan() ? context.active() : undefined;
  if (typeof parent !== "object") return context.active();
  const known = spanContextOf(parent.traceparent);
  return known ? trace.setSpanContext(ROOT_CONTEXT, known) : ROOT_CONTEXT;
};

/** Begins a span; the caller ends it. */
export const openSpan = (name: string, options: SpanOptions = {}): OpenSpan => {
  const parent = tracer && parentOf(options.parent);
  if (!tracer || !parent) return nothing;
  const links = (options.links ?? []).flatMap((text): Link[] => {
    const known = spanContextOf(text);
    return known ? [{ context: known }] : [];
  });
  const span = tracer.startSpan(
    name,
    { kind: kinds[options.kind ?? "internal"], attributes: options.attributes ?? {}, links },
    parent,
  );
  const inside = trace.setSpan(parent, span);
  return {
    run: (work) => context.with(inside, work),
    rename: (next) => void span.updateName(next),
    set: (attributes) => void span.setAttributes(attributes),
    failed(error) {
      const given = (error as { type?: unknown } | null)?.type;
      const type =
        errorCode(error) ?? (typeof given === "string" ? given : error instanceof Error ? error.name : "Error");
      span.setAttribute("error.type", type);
      span.setStatus({ code: SpanStatusCode.ERROR, message: type });
    },
    end: () => span.end(),
  };
};

/** Runs work as a span. What it throws marks the span as failed and is thrown on. */
export const traced = async <T>(
  name: string,
  options: SpanOptions,
  work: (span: OpenSpan) => Promise<T>,
): Promise<T> => {
  if (!tracer) return work(nothing);
  const span = openSpan(name, options);
  try {
    return await span.run(() => work(span));
  } catch (error) {
    span.failed(error);
    throw error;
  } finally {
    span.end();
  }
};

type Call = (name: string, params?: unknown, opts?: { meta?: Record<string, unknown> }) => Promise<unknown>;

/**
 * Broker middleware: a span per action where it runs, part of the caller's trace, and the request that it belongs to.
 * Must stand last, so that what the other middlewares do and log is inside of it.
 */
export const tracingMiddleware = (): Middleware =>
  ({
    name: "tracing",
    call(next: Call): Call {
      return (name, params, opts) => {
        const current = traceparent();
        return current
          ? next(name, params, { ...opts, meta: { ...opts?.meta, traceparent: current } })
          : next(name, params, opts);
      };
    },
    localAction(next: ActionHandler, action: { name: string }) {
      // moleculer-web's own action is the request, which has its span.
      if (action.name.startsWith("$") || action.name === "gateway.rest") return next;
      return function inTrace(this: unknown, ctx: CallContext) {
        const meta = ctx.meta as { requestId?: string; traceparent?: string };
        const run = () => next.call(this as never, ctx) as Promise<unknown>;
        return ofRequest(meta.requestId ?? currentRequestId(), () =>
          tracer
            ? traced(
                action.name,
                {
                  attributes: { "lc.action": action.name },
                  parent: meta.traceparent ? { traceparent: meta.traceparent } : "current",
                },
                run,
              )
            : run(),
        );
      };
    },
  }) as unknown as Middleware;
