// Every error answer: RFC 9457 problem details from the catalogue. What the catalogue does not know is a 500 without detail.
import type { ServerResponse } from "node:http";
import type { Log } from "../shared/broker/deps.ts";
import { reportError } from "../shared/broker/report.ts";
import {
  type ErrorCode,
  errorCatalogue,
  errorCode,
  type FieldError,
  fail,
  type ProblemData,
  postgresFull,
} from "../shared/contracts/errors.ts";
import { isConnectionLost, isOutOfSpace } from "../shared/db/knex.ts";
import { redactedStack } from "../shared/lib/redact.ts";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: ErrorCode;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}

/** Moleculer's own words for: nobody there, nobody in time, nobody free. */
const awayTypes = new Set([
  "SERVICE_NOT_FOUND",
  "SERVICE_NOT_AVAILABLE",
  "REQUEST_TIMEOUT",
  "REQUEST_REJECTED",
  "REQUEST_SKIPPED",
  "QUEUE_IS_FULL",
]);
const awayNames = new Set([
  "ServiceNotFoundError",
  "ServiceNotAvailableError",
  "ServiceUnavailableError",
  "RequestTimeoutError",
  "RequestRejectedError",
  "RequestSkippedError",
  "QueueIsFullError",
  "BrokerDisconnectedError",
  "ConnectionError",
]);

interface LooseError {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  readonly data?: ProblemData;
}

const isAway = (error: LooseError): boolean =>
  (typeof error.type === "string" && awayTypes.has(error.type)) ||
  (typeof error.name === "string" && awayNames.has(error.name)) ||
  isConnectionLost(error);

/** What an error is to the outside: its code, sentence and data. `known` is false for what nobody foresaw. */
export const classify = (
  thrown: unknown,
): { code: ErrorCode; detail: string | undefined; data: ProblemData; known: boolean } => {
  const error = (thrown ?? {}) as LooseError;
  const code = errorCode(thrown);
  if (code) {
    const detail = errorCatalogue[code].status === 500 ? undefined : String(error.message ?? "");
    return { code, detail, data: error.data ?? {}, known: true };
  }
  if (isAway(error))
    return {
      code: "SERVICE_UNAVAILABLE",
      detail: "The part of the system that answers this is away or too slow for the moment. Try again.",
      data: { retryAfter: 2 },
      known: true,
    };
  if (isOutOfSpace(thrown)) {
    const { message, data } = postgresFull();
    return { code: "OVERLOADED", detail: message, data, known: true };
  }
  if (error.type === "UNABLE_DECODE_PARAM")
    return { code: "NOT_FOUND", detail: "The path cannot be decoded", data: {}, known: true };
  return { code: "INTERNAL_ERROR", detail: undefined, data: {}, known: false };
};

/** Sends the problem of an error, or cuts the connection when the answer has already begun. Nothing of a 500 leaks. */
export const sendProblem = (res: ServerResponse, requestId: string, thrown: unknown): void => {
  const { code, detail, data } = classify(thrown);
  const entry = errorCatalogue[code];
  if (res.headersSent) {
    // Half an answer must not look like a whole one.
    if (!res.writableEnded) res.destroy();
    return;
  }
  const problem: Problem = {
    type: `/api/docs#${code}`,
    title: entry.title,
    status: entry.status,
    ...(detail ? { detail } : {}),
    code,
    requestId,
    ...(entry.status < 500 && data.errors ? { errors: data.errors } : {}),
  };
  const body = JSON.stringify(problem);
  const retryAfter = data.retryAfter ?? (entry.status === 503 ? 2 : entry.status === 429 ? 1 : undefined);
  res.statusCode = entry.status;
  res.setHeader("content-type", "application/problem+json");
  res.setHeader("content-length", Buffer.byteLength(body));
  res.setHeader("cache-control", "no-store");
  if (retryAfter !== undefined) res.setHeader("retry-after", String(Math.max(1, Math.ceil(retryAfter))));
  if (entry.status === 401) res.setHeader("www-authenticate", "Bearer");
  res.end(body);
};

const said = new WeakSet<object>();

/** Notes that an error already has its line in the log, written where it happened. */
export const markLogged = (thrown: unknown): void => {
  if (typeof thrown === "object" && thrown !== null) said.add(thrown);
};

/** Writes one line for an error nobody foresaw, unless it has one. */
export const logUnforeseen = (log: Log, requestId: string, what: string, thrown: unknown): void => {
  if (classify(thrown).known || (typeof thrown === "object" && thrown !== null && said.has(thrown))) return;
  markLogged(thrown);
  reportError(thrown, { kind: "request", name: what, requestId });
  log.error({ requestId, what }, `${what} failed: ${redactedStack(thrown)}`);
};

/** The refusal of a path that leads nowhere. */
export const notFound = (path: string) => fail("NOT_FOUND", `There is nothing at ${path.slice(0, 200)}`);
