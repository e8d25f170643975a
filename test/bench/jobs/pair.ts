// A contender of the job benchmarks: one process that enqueues and one that works, on databases that are empty at first.
import { Redis } from "ioredis";
import { connectPostgres, type Db } from "../../../shared/db/knex.ts";
import { migrate } from "../../../shared/db/migrate.ts";
import type { Backends } from "../backends.ts";
import { type Answer, moment, startRemote } from "./protocol.ts";

export type Side = "ours" | "peer";

/** Jobs that make the code of both processes warm before anything is measured. */
const warmUp = 2_000;

export interface Pair {
  /** Enqueues so many and answers jobs a second, from the first enqueue until the last is recorded as done. */
  throughput(count: number, batch: number, inFlight: number): Promise<number>;
  /** One job after the other, at random moments; answers when each was enqueued, began and was recorded, by id. */
  trickle(count: number, perSecond: number): Promise<readonly Answer[]>;
  stop(): Promise<void>;
}

/** Makes our tables once. */
export const makeTables = async ({ databaseUrl }: Backends): Promise<void> => {
  const db = connectPostgres(databaseUrl, 1);
  try {
    await migrate(db);
  } finally {
    await db.destroy();
  }
};

/** Runs `work` with a connection to Postgres that is closed afterwards. */
export const withDb = async <T>({ databaseUrl }: Backends, work: (db: Db) => Promise<T>): Promise<T> => {
  const db = connectPostgres(databaseUrl, 1);
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
};

const empty = async (backends: Backends): Promise<void> => {
  await withDb(backends, (db) => db.raw("truncate jobs.jobs, jobs.history, jobs.outbox, jobs.holds"));
  const redis = new Redis(backends.redisUrl);
  await redis.flushall();
  redis.disconnect();
};

/**
 * Starts both processes of a side and runs some jobs through them. `concurrency` undefined is what production has;
 * `fill` is called on the empty databases before.
 */
export const startPair = async (
  side: Side,
  backends: Backends,
  options: { readonly concurrency?: number; readonly jobMs?: number; readonly fill?: () => Promise<void> } = {},
): Promise<Pair> => {
  await empty(backends);
  await options.fill?.();
  const { databaseUrl, redisUrl } = backends;
  const { concurrency, jobMs } = options;
  const task = {
    databaseUrl,
    redisUrl,
    ...(concurrency ? { concurrency } : {}),
    ...(jobMs ? { jobMs } : {}),
  };
  const program = `./${side}-process.ts`;
  const worker = await startRemote(program, { ...task, role: "work" });
  const enqueuer = await startRemote(program, { ...task, role: "enqueue" });
  const throughput = async (count: number, batch: number, inFlight: number): Promise<number> => {
    await worker.ask({ type: "watch", count, stamps: false }, "watching");
    const done = worker.next("done");
    const begun = moment();
    await Promise.all([enqueuer.ask({ type: "enqueue", count, batch, inFlight }, "enqueued"), done]);
    return (count / (moment() - begun)) * 1000;
  };
  await throughput(warmUp, 100, 1);
  return {
    throughput,
    async trickle(count, perSecond) {
      await worker.ask({ type: "watch", count, stamps: true }, "watching");
      return Promise.all([enqueuer.ask({ type: "trickle", count, perSecond }, "enqueued"), worker.next("done")]);
    },
    async stop() {
      await enqueuer.stop();
      await worker.stop();
    },
  };
};
