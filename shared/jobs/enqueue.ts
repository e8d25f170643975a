// Puts jobs into Postgres in the caller's transaction: they exist exactly when the change that wants them exists.
// They get into their stream right after the commit (carry.ts), or by a relay when their time has come.
import type { z } from "zod";
import { currentRequestId } from "../broker/origin.ts";
import { traced, traceparent } from "../broker/tracing.ts";
import { validate } from "../broker/validate.ts";
import type { JobContract } from "../contracts/contract.ts";
import { type Contracts, type JobName, jobContracts, type ServiceName } from "../contracts/index.ts";
import { query, type Trx } from "../db/knex.ts";
import { makeId } from "../lib/ids.ts";
import type { Lane } from "../streams/stream-keys.ts";
import { carryAtCommit, mayCarry } from "./carry.ts";
import { entityOf } from "./entity-of.ts";
import { isHeldBy } from "./holds.ts";
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

/** A job on its way into the statement. */
interface Row {
  readonly id: string;
  readonly input: string;
  readonly uniqueKey: string | undefined;
  readonly entity: string | undefined;
  readonly runAt: Date | undefined;
}

/** Rows per statement: large enough that the round trip does not matter, small enough to stay short. */
const batchSize = 1_000;

// `done` meets a live key without locking it. `started` locks the row it meets, so that a worker that is about to claim
// that job waits for this transaction: the job then starts after the commit and sees the change.
const onConflict = {
  done: "do nothing",
  started: "do update set unique_key = excluded.unique_key",
};

/** A column of the statement; null when no row has a value, which spares the wire a list of nulls. */
const column = (rows: readonly Row[], of: (row: Row) => string | undefined): (string | null)[] | null =>
  rows.some((row) => of(row) !== undefined) ? rows.map((row) => of(row) ?? null) : null;

interface Inserted {
  readonly id: string;
  /** Published by us right after the commit, see carry.ts. */
  readonly carried: boolean;
}

const insertSql = (until: NonNullable<EnqueueOptions["until"]>) =>
  `insert into jobs.jobs (id, type, group_name, queue, lane, state, input, unique_key, unique_until, tags, entity, run_at,
     published_at, trace, request_id)
   select v.id, ?, ?, ?, ?, case when v.run_at > now() then 'scheduled' else 'queued' end, v.input::jsonb,
          v.unique_key, case when v.unique_key is not null then ? end, ?::text[], v.entity, coalesce(v.run_at, now()),
          case when ?::boolean and (v.run_at is null or v.run_at <= now()) and not ${isHeldBy("?::text", "?::text")}
               then clock_timestamp() end, ?, ?
   from unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::timestamptz[]) as v (id, input, unique_key, entity, run_at)
   on conflict (type, unique_key) where unique_key is not null ${onConflict[until]}
   returning id, published_at is not null as carried`;

const insert = async (trx: Trx, type: string, rows: readonly Row[], options: EnqueueOptions): Promise<string[]> => {
  const contract = jobContracts.get(type);
  if (!contract) throw new Error(`No contract declares the job ${type}`);
  for (const { input } of rows) refuseOversize(`The job ${type}`, input, maxInputBytes);
  const { group, queue } = contract;
  const { until = "done", lane = "normal" } = options;
  const answered = await query<Inserted>(trx, insertSql(until), [
    type,
    group,
    queue,
    lane,
    until,
    options.tags ? [...options.tags] : null,
    mayCarry(trx, rows.length),
    queue,
    type,
    traceparent() ?? null,
    currentRequestId() ?? null,
    rows.map(({ id }) => id),
    rows.map(({ input }) => input),
    column(rows, ({ uniqueKey }) => uniqueKey),
    column(rows, ({ entity }) => entity),
    column(rows, ({ runAt }) => runAt?.toISOString()),
  ]);
  const own = new Set(rows.map(({ id }) => id));
  const added = answered.filter(({ id }) => own.has(id));
  const carried = added.filter((row) => row.carried);
  carryAtCommit(
    trx,
    carried.map(({ id }) => ({ id, type, group, queue, lane })),
  );
  if (carried.length < added.length) {
    const due = rows.map(({ runAt }) => runAt?.getTime() ?? 0);
    signalAtCommit(trx, "jobs", new Date(Math.min(...due)));
  }
  return added.map(({ id }) => id);
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

/** The input as it is stored. Throws VALIDATION_FAILED when it does not fit. */
const checked = (type: string, input: unknown): string => {
  const contract = jobContracts.get(type);
  if (!contract) throw new Error(`No contract declares the job ${type}`);
  return JSON.stringify(validate(contract.input, input, `The job ${type}`));
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
    uniqueKey: options.uniqueKey,
    entity: options.entity ?? entityOf(input),
    runAt: options.runAt,
  };
  const [id] = await enqueuing(name, 1, () => insert(trx, name, [row], options));
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
    uniqueKey: uniqueKey?.(input),
    entity: entity?.(input) ?? entityOf(input),
    runAt: typeof runAt === "function" ? runAt(input) : runAt,
  }));
  const batches = uniqueKey ? oncePerKey(rows) : rows;
  const ids: string[] = [];
  await enqueuing(name, batches.length, async () => {
    for (let from = 0; from < batches.length; from += batchSize)
      ids.push(...(await insert(trx, name, batches.slice(from, from + batchSize), rest)));
  });
  return ids;
};

/** The first row of each key, sorted by key: transactions that want the same keys take them in the same order. */
const oncePerKey = (rows: readonly Row[]): Row[] => {
  const first = new Map<string, Row>();
  for (const row of rows) if (row.uniqueKey !== undefined && !first.has(row.uniqueKey)) first.set(row.uniqueKey, row);
  return [...first.values()].sort((a, b) => ((a.uniqueKey ?? "") < (b.uniqueKey ?? "") ? -1 : 1));
};
