// Writes events in the caller's transaction: an event is published exactly when the change it tells of was committed.
// The row's id is the event's id, the same in every delivery; consumers are idempotent by it.
import type { z } from "zod";
import { note } from "../broker/debug-log.ts";
import { currentRequestId } from "../broker/origin.ts";
import { traceparent } from "../broker/tracing.ts";
import { validate } from "../broker/validate.ts";
import { type Contracts, type EventName, eventContracts, type ServiceName } from "../contracts/index.ts";
import type { Trx } from "../db/knex.ts";
import { makeId } from "../lib/ids.ts";
import { type EventHeaders, maxEventBytes } from "../streams/stream-entry.ts";
import { refuseOversize } from "./oversize.ts";
import { signalAtCommit } from "./wake.ts";

type EventsOf<S extends ServiceName> = Contracts[S]["events"];
type ContractOf<E extends EventName> = {
  [S in ServiceName]: E extends keyof EventsOf<S> ? EventsOf<S>[E] : never;
}[ServiceName];
/** What a publisher gives: fields with a default may be left out. */
export type EventInput<E extends EventName> = ContractOf<E> extends z.ZodType ? z.input<ContractOf<E>> : never;

export interface PublishOptions {
  /** Context that travels along; by default the request and the trace that the publisher works in. */
  readonly headers?: EventHeaders;
}

/** The request and the trace in progress. */
const headersHere = (): EventHeaders => {
  const requestId = currentRequestId();
  const trace = traceparent();
  return { ...(requestId ? { requestId } : {}), ...(trace ? { traceparent: trace } : {}) };
};

const batchSize = 1_000;

/** Publishes one event with the transaction; returns its id. Throws VALIDATION_FAILED when the payload is wrong. */
export const publish = async <E extends EventName>(
  trx: Trx,
  name: E,
  payload: EventInput<E>,
  options: PublishOptions = {},
): Promise<string> => {
  const [id] = await publishMany(trx, name, [payload], options);
  return id as string;
};

/** Publishes events of one name, 1,000 per statement; returns their ids in the order of the payloads. */
export const publishMany = async <E extends EventName>(
  trx: Trx,
  name: E,
  payloads: readonly EventInput<E>[],
  options: PublishOptions = {},
): Promise<string[]> => {
  const schema = eventContracts.get(name);
  if (!schema) throw new Error(`No contract declares the event ${name}`);
  const rows = payloads.map((payload) => ({
    id: makeId(),
    payload: JSON.stringify(validate(schema, payload, `The event ${name}`)),
  }));
  for (const { payload } of rows) refuseOversize(`The event ${name}`, payload, maxEventBytes);
  const headers = JSON.stringify(options.headers ?? headersHere());
  for (let from = 0; from < rows.length; from += batchSize) {
    const batch = rows.slice(from, from + batchSize);
    await trx.raw(
      `insert into jobs.outbox (id, type, payload, headers)
       select v.id, ?, v.payload::jsonb, ?::jsonb from unnest(?::uuid[], ?::text[]) as v (id, payload)`,
      [name, headers, batch.map((row) => row.id), batch.map((row) => row.payload)],
    );
  }
  for (const { id } of rows.slice(0, 20)) note("event", name, { id, result: "published" });
  if (rows.length > 0) signalAtCommit(trx, "events");
  return rows.map((row) => row.id);
};
