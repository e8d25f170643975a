// Reports to Sentry when SENTRY_DSN is set, and loads nothing of it otherwise. What goes out is put together here from
// what may: type, redacted message, frames of the stack and the name of what ran. No requests, variables or people.
import { hostname } from "node:os";
import type { ErrorEvent, EventHint, Exception, StackFrame } from "@sentry/node";
import type { Middleware, ServiceBroker } from "moleculer";
import { config } from "../config.ts";
import { redact, redactedMessage } from "../lib/redact.ts";
import { type ReportContext, setReporter } from "./report.ts";

const FLUSH_MS = 2_000;
const root = `${process.cwd()}/`;

export interface Reporting {
  /** Sends what is still waiting. */
  flush(): Promise<void>;
}

const plainFrame = ({ filename, function: name, lineno, colno, in_app }: StackFrame): StackFrame => ({
  ...(filename ? { filename: filename.replace("file://", "").replace(root, "") } : {}),
  ...(name ? { function: name } : {}),
  ...(lineno === undefined ? {} : { lineno }),
  ...(colno === undefined ? {} : { colno }),
  ...(in_app === undefined ? {} : { in_app }),
});

const plainException = ({ type, value, stacktrace, mechanism }: Exception): Exception => ({
  ...(type ? { type: redact(type) } : {}),
  value: redact(value ?? ""),
  ...(stacktrace?.frames ? { stacktrace: { frames: stacktrace.frames.map(plainFrame) } } : {}),
  ...(mechanism ? { mechanism: { type: mechanism.type, handled: mechanism.handled ?? true } } : {}),
});

/** The exceptions of an event; the last one is what was thrown, the others are its causes. */
const plainExceptions = ({ exception }: ErrorEvent, { originalException }: EventHint): Exception[] => {
  const values = (exception?.values ?? []).map(plainException);
  const thrown = values.at(-1);
  if (thrown && originalException instanceof Error) thrown.value = redactedMessage(originalException);
  return values;
};

/** An event with nothing but what may leave the house. */
export const scrubbed = (event: ErrorEvent, hint: EventHint = {}): ErrorEvent => ({
  type: undefined,
  ...(event.event_id ? { event_id: event.event_id } : {}),
  ...(event.timestamp ? { timestamp: event.timestamp } : {}),
  ...(event.release ? { release: event.release } : {}),
  ...(event.environment ? { environment: event.environment } : {}),
  level: event.level ?? "error",
  platform: "node",
  server_name: hostname(),
  tags: event.tags ?? {},
  exception: { values: plainExceptions(event, hint) },
});

const tagsOf = ({ kind, name, requestId, id, attempt }: ReportContext): Record<string, string> => ({
  kind,
  name,
  ...(requestId === undefined ? {} : { request_id: requestId }),
  ...(id === undefined ? {} : { id }),
  ...(attempt === undefined ? {} : { attempt: String(attempt) }),
});

/** Loads Sentry and hands it every reported error from now on. Throws when the DSN cannot be used. */
export const startReporting = async (dsn: string, environment: string): Promise<Reporting> => {
  const sentry = await import("@sentry/node");
  // The default integrations note requests, console lines and local variables; none of that is wanted.
  const client = sentry.initWithoutDefaultIntegrations({
    dsn,
    environment,
    // What nobody caught is reported by last-words.ts: Sentry's own handlers print the whole error, with its values.
    integrations: [sentry.dedupeIntegration()],
    sendClientReports: false,
    beforeSend: scrubbed,
    beforeBreadcrumb: () => null,
  });
  if (!client) throw new Error("SENTRY_DSN cannot be used: expected an address such as https://key@host/1");
  setReporter(
    (error, context) => {
      sentry.captureException(error, { tags: tagsOf(context), level: context.kind === "process" ? "fatal" : "error" });
    },
    () => sentry.flush(FLUSH_MS),
  );
  return {
    flush: async () => {
      setReporter(undefined);
      await sentry.close(FLUSH_MS);
    },
  };
};

/** Broker middleware: reports from before the services start until after they have stopped. */
export const reportingMiddleware = (): Middleware => {
  let reporting: Reporting | undefined;
  return {
    name: "reporting",
    async starting(broker: ServiceBroker) {
      if (!config.sentryDsn) return;
      reporting = await startReporting(config.sentryDsn, config.environment);
      broker.logger.info("errors are reported to Sentry");
    },
    async stopped() {
      await reporting?.flush();
    },
  };
};
