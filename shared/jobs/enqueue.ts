// Puts jobs into Postgres in the caller's transaction: they exist exactly when the change that wants them exists.
// The relay of any process moves them to their stream after the commit, or when their time has come.
import type { z } from "zod";
import { currentRequestId } from "../broker/origin.ts";
import { traced, traceparent } from "../broker/tracing.ts";
import { validate } from "../broker/validate.ts";
import type { JobContract } from "../contracts/contract.ts";
import { type Contracts, type JobName, jobContracts, type ServiceName } from "../contracts/index.ts";
import type { Trx } from "../db/knex.ts";
import { makeId } from "../lib/ids.ts";
import type { Lane } from "../streams/stream-keys.ts";
import { entityOf } from "./entity-of.ts";
import { refuseOversize } from "./oversize.ts";
import { signalAtCommit } from "./wake.ts";

type JobsOf<S extends ServiceName> = Contracts[S]["jobs"];
type ContractOf<J extends JobName> = {
  [S in ServiceName]: J extends keyof JobsOf<S> ? JobsOf<S>[J] : never;
}[ServiceName];
/** What a caller gives: fields with a default may be left out. */
export type JobParams<J extends JobName> = ContractOf<J> extends JobContract<infer I> ? z.input<I> : never;

export interface EnqueueOptions {
  /** Not before this moment; at once when absent or past. */
  readonly runAt?: Date;
  /** Which work goes first under load; default `normal`. */
  readonly lane?: Lane;
  /** At most one live job of this type has this key. */
  readonly uniqueKey?: string;
  /**
   * How long the key is held. `done` (default): until the job has finished; a request that meets a running job is
   * dropped, right for work that is the same whenever it runs. `started`: until it starts; a request that meets a
   * running job becomes a job of its own, so that a change is never missed: right for "look again".
   */
  readonly until?: "done" | "started";
  readonly tags?: readonly string[];
  /**
   * What the job is about, for looking it up: `campaign:<id>`. When absent, the contact or message that the input names.
   * A job about one person is about that person; what else it belongs to goes into the tags.
   */
  readonly entity?: string;
}

export interface EnqueueManyOptions<I> extends Omit<EnqueueOptions, "uniqueKey" | "entity" | "runAt"> {
  readonly runAt?: Date | ((input: I) => Date | undefined);
  readonly uniqueKey?: (input: I) => string;
  readonly entity?: (input: I) => string;
}

/** A job on its way into the statement, named as the columns are. */
interface Row {
  readonly id: string;
  readonly input: unknown;
  readonly unique_key: string | null;
  readonly entity: string | null;
  readonly run_at: Date | null;
}

/** Rows per statement: large enough that the round trip does not matter, small enough to stay short. */
const batchSize = 1_000;

// `done` meets a live key without locking it. `started` locks the row it meets, so that a worker that is about to claim
// that job waits for this transaction: the job then starts after the commit and sees the change.
const onConflict = {
  done: "do nothing",
  started: "do update set unique_key = excluded.unique_key",
};

const insert = async (trx: Trx, type: string, rows: readonly Row[], options: EnqueueOptions): Promise<string[]> => {
  const contract = jobContracts.get(type);
  if (!contract) throw new Error(`No contract declares the job ${type}`);
  const until = options.until ?? "done";
  const text = JSON.stringify(rows);
  if (text.length > maxInputBytes)
    for (const { input } of rows) refuseOversize(`The job ${type}`, input, maxInputBytes);
  const { rows: kept } = await trx.raw<{ rows: { id: string }[] }>(
    `insert into jobs.jobs (id, type, group_name, queue, lane, state, input, unique_key, unique_until, tags, entity,
       run_at, trace, request_id)
     select v.id, ?, ?, ?, ?, case when v.run_at > now() then 'scheduled' else 'queued' end, v.input,
            v.unique_key, case when v.unique_key is not null then ? end, ?::text[], v.entity, coalesce(v.run_at, now()),
            ?, ?
     from json_to_recordset(?::json) as v (id uuid, input jsonb, unique_key text, entity text, run_at timestamptz)
     on conflict (type, unique_key) where unique_key is not null ${onConflict[until]}
     returning id`,
    [
      type,
      contract.group,
      contract.queue,
      options.lane ?? "normal",
      until,
      options.tags ? [...options.tags] : null,
      traceparent() ?? null,
      currentRequestId() ?? null,
      text,
    ],
  );
  const own = new Set(rows.map((row) => row.id));
  return kept.map((row) => row.id).filter((id) => own.has(id));
};

/** Largest input of a job, in bytes of JSON. What is more belongs into a table, and its id into the job. */
export const maxInputBytes = 1_048_576;
/** The span that the jobs carry on; none where nothing is traced that leads here. */
const enqueuing = <T>(type: string, count: number, work: () => Promise<T>): Promise<T> =>
  traced(
    `enqueue ${type}`,
    { kind: "producer", parent: "child", attributes: { "lc.job.type": type, "lc.jobs": count } },
    work,
  );

const checked = (type: string, input: unknown): unknown => {
  const contract = jobContracts.get(type);
  if (!contract) throw new Error(`No contract declares the job ${type}`);
  return validate(contract.input, input, `The job ${type}`);
};

/**
 * Enqueues one job with the transaction. Returns its id, or undefined when a live job of this type holds the unique
 * key: then that job does the work. Throws VALIDATION_FAILED when the input does not fit the job's contract.
 */
export const enqueue = async <J extends JobName>(
  trx: Trx,
  name: J,
  input: JobParams<J>,
  options: EnqueueOptions = {},
): Promise<string | undefined> => {
  const row: Row = {
    id: makeId(),
    input: checked(name, input),
    unique_key: options.uniqueKey ?? null,
    entity: options.entity ?? entityOf(input),
    run_at: options.runAt ?? null,
  };
  const [id] = await enqueuing(name, 1, () => insert(trx, name, [row], options));
  signalAtCommit(trx, "jobs", options.runAt);
  return id;
};

/**
 * Enqueues many jobs of one type, 1,000 per statement. Returns the ids of those that were new: without unique keys all,
 * in the order of the inputs; with them, of inputs of the same key only one. Throws VALIDATION_FAILED for a wrong input.
 */
export const enqueueMany = async <J extends JobName>(
  trx: Trx,
  name: J,
  inputs: readonly JobParams<J>[],
  options: EnqueueManyOptions<JobParams<J>> = {},
): Promise<string[]> => {
  const { runAt, uniqueKey, entity, ...rest } = options;
  const rows = inputs.map((input) => ({
    id: makeId(),
    input: checked(name, input),
    unique_key: uniqueKey?.(input) ?? null,
    entity: entity?.(input) ?? entityOf(input),
    run_at: (typeof runAt === "function" ? runAt(input) : runAt) ?? null,
  }));
  const batches = uniqueKey ? oncePerKey(rows) : rows;
  const ids: string[] = [];
  await enqueuing(name, batches.length, async () => {
    for (let from = 0; from < batches.length; from += batchSize)
      ids.push(...(await insert(trx, name, batches.slice(from, from + batchSize), rest)));
  });
  for (const row of rows.slice(0, batchSize)) signalAtCommit(trx, "jobs", row.run_at ?? undefined);
  return ids;
};

/** The first row of each key, sorted by key: transactions that want the same keys take them in the same order. */
const oncePerKey = (rows: readonly Row[]): Row[] => {
  const first = new Map<string, Row>();
  for (const row of rows) if (row.unique_key !== null && !first.has(row.unique_key)) first.set(row.unique_key, row);
  return [...first.values()].sort((a, b) => ((a.unique_key ?? "") < (b.unique_key ?? "") ? -1 : 1));
};
