// What this process's workers did, by job type: ends, waits and runs. Counted in memory for Prometheus, and written to
// Redis once a second for the live view of all processes together; a second in which nothing ended costs nothing.
// The live view is for looking at: a second may be missing after an outage. What is kept comes from the history.
import type { Redis } from "ioredis";
import { bucketOf } from "../lib/histogram.ts";
import { settledWithin } from "../streams/backoff.ts";
import type { RunEnd } from "./running.ts";

/** `retried`: failed and runs again. `returned`: given back or put off, no attempt counted. */
export const jobOutcomes = ["completed", "failed", "retried", "returned"] as const;
export type JobEnd = (typeof jobOutcomes)[number];

/** One run that ended. */
export interface EndedRun {
  readonly type: string;
  readonly end: JobEnd;
  /** From due to the start of the handler. */
  readonly waitMs: number;
  /** From the start of the handler to its end. */
  readonly runMs: number;
}

export interface TypeTotals {
  readonly ends: Record<JobEnd, number>;
  /** Counts by bucket of shared/lib/histogram.ts. */
  readonly wait: Record<number, number>;
  readonly run: Record<number, number>;
  waitMs: number;
  runMs: number;
}

export const emptyTotals = (): TypeTotals => ({
  ends: { completed: 0, failed: 0, retried: 0, returned: 0 },
  wait: {},
  run: {},
  waitMs: 0,
  runMs: 0,
});

/** What an outcome counts as. */
export const endOf = ({ kind, counts }: Pick<RunEnd, "kind" | "counts">): JobEnd =>
  kind === "again" ? (counts ? "retried" : "returned") : kind === "completed" ? "completed" : "failed";

/** Redis hash of one second: a field per process, with its types as JSON. */
export const statsKey = (second: number): string => `lc:job-stats:${second}`;
const keepSeconds = 120;
const flushMs = 1_000;
const stopMs = 500;

export interface JobStats {
  ran(run: EndedRun): void;
  /** Everything since this process started, by type. */
  totals(): ReadonlyMap<string, TypeTotals>;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

const count = (into: Map<string, TypeTotals>, { type, end, waitMs, runMs }: EndedRun): void => {
  let totals = into.get(type);
  if (!totals) {
    totals = emptyTotals();
    into.set(type, totals);
  }
  totals.ends[end]++;
  // What was given back was not done: it says nothing about waits and runs.
  if (end === "returned") return;
  const wait = Math.max(0, waitMs);
  const waitBucket = bucketOf(wait);
  totals.wait[waitBucket] = (totals.wait[waitBucket] ?? 0) + 1;
  totals.waitMs += wait;
  const runBucket = bucketOf(runMs);
  totals.run[runBucket] = (totals.run[runBucket] ?? 0) + 1;
  totals.runMs += runMs;
};

/** Counts of one process, `node`. `now` is the wall clock in ms. */
export const createJobStats = (redis: Redis, node: string, now: () => number): JobStats => {
  const all = new Map<string, TypeTotals>();
  let fresh = new Map<string, TypeTotals>();
  let timer: NodeJS.Timeout | undefined;
  let written = 0;

  const flush = async (): Promise<void> => {
    timer = undefined;
    const second = fresh;
    fresh = new Map();
    // While Redis is away commands would pile up: the live view is empty then in any case.
    if (second.size === 0 || redis.status !== "ready") return;
    const key = statsKey(Math.floor(now() / 1_000));
    await redis
      .pipeline()
      .hset(key, `${node}:${written++}`, JSON.stringify([...second]))
      .expire(key, keepSeconds)
      .exec();
  };

  return {
    ran(run) {
      count(all, run);
      count(fresh, run);
      timer ??= setTimeout(() => void flush().catch(() => undefined), flushMs).unref();
    },
    totals: () => all,
    async stop() {
      clearTimeout(timer);
      await settledWithin(flush(), stopMs);
    },
  };
};
