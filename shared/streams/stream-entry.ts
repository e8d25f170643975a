// What an entry of an event or job stream looks like on the wire, and how it is read back.
// Reading never throws: an entry that cannot be read comes back as the sentence that says why.
import { makeId } from "../lib/ids.ts";

/** Largest payload of an event, in bytes of JSON: every listening group reads it, and Redis holds it for a day. */
export const maxEventBytes = 262_144;

/** Context that travels with an event; nothing else of the sender's meta does. */
export interface EventHeaders {
  readonly requestId?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}

export interface EventEntry {
  /** Uuid of the event, made with the change that caused it: consumers are idempotent by it. */
  readonly id: string;
  /** The event's name, such as `message.delivered`. */
  readonly type: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly data: unknown;
  readonly headers?: EventHeaders;
  /** The only group it is for, when it was replayed for one. */
  readonly only?: string;
}

/** An entry as XREADGROUP gives it: its id and its fields and values in turn; null when it was deleted meanwhile. */
export type RawEntry = readonly [id: string, fields: readonly string[] | null];

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Fields and values for XADD. A missing `data` travels as null. */
export const eventFields = (entry: EventEntry): string[] => [
  "id",
  entry.id,
  "type",
  entry.type,
  "at",
  entry.at,
  "data",
  JSON.stringify(entry.data ?? null),
  "headers",
  JSON.stringify(entry.headers ?? {}),
  ...(entry.only === undefined ? [] : ["only", entry.only]),
];

/** An event that happens now. */
export const newEvent = (type: string, data: unknown, headers: EventHeaders = {}, id = makeId()): EventEntry => ({
  id,
  type,
  at: new Date().toISOString(),
  data,
  headers,
});

const fieldOf = (fields: readonly string[], name: string): string | undefined => {
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
};

const parse = (text: string, field: string): Read<unknown> => {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, error: `${field} is not JSON: ${(error as Error).message}` };
  }
};

const textOf = (record: unknown, name: string): string | undefined => {
  const value = (record as Record<string, unknown> | null)?.[name];
  return typeof value === "string" ? value : undefined;
};

/** Reads an event entry. */
export const readEvent = (fields: readonly string[]): Read<EventEntry> => {
  const id = fieldOf(fields, "id");
  const type = fieldOf(fields, "type");
  const at = fieldOf(fields, "at");
  const data = fieldOf(fields, "data");
  const only = fieldOf(fields, "only");
  if (!id || !type || at === undefined || data === undefined) {
    const missing = Object.entries({ id, type, at, data }).flatMap(([name, value]) => (value ? [] : [name]));
    return { ok: false, error: `The entry has no ${missing.join(", ")}` };
  }
  const body = parse(data, "data");
  if (!body.ok) return body;
  const head = parse(fieldOf(fields, "headers") ?? "{}", "headers");
  if (!head.ok) return head;
  const requestId = textOf(head.value, "requestId");
  const traceparent = textOf(head.value, "traceparent");
  const headers = { ...(requestId ? { requestId } : {}), ...(traceparent ? { traceparent } : {}) };
  return { ok: true, value: { id, type, at, data: body.value, headers, ...(only ? { only } : {}) } };
};

/** Job id and type of a job entry; all else lies in Postgres. */
export const readJob = (fields: readonly string[]): Read<{ readonly jobId: string; readonly type: string }> => {
  const jobId = fieldOf(fields, "id");
  const type = fieldOf(fields, "type");
  return jobId && type
    ? { ok: true, value: { jobId, type } }
    : { ok: false, error: `The entry has no ${jobId ? "type" : "id"}` };
};
