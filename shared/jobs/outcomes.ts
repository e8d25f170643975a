// Outcomes of runs on their way to Postgres: many per statement, the next batch gathers while one is written.
// While Postgres is away they are kept in memory and tried until it is back; a lease that ended by then fences them.
import type { Log } from "../broker/deps.ts";
import { outside } from "../broker/tracing.ts";
import { type Db, isConnectionLost, isOutOfSpace } from "../db/knex.ts";
import { backoff, pauseFor, settledWithin } from "../streams/backoff.ts";
import { finishJobs, returnJobs } from "./complete.ts";
import type { RunEnd } from "./running.ts";
import { signalWork } from "./wake.ts";

export interface Outcomes {
  add(end: RunEnd): void;
  /** Waits until everything is written, at most `deadlineMs`; returns how many were not. */
  drain(deadlineMs: number): Promise<number>;
  /** How many wait to be written. */
  size(): number;
}

const maxBatch = 500;

/** A failure that came from our own lost connection to Postgres, or its full disk, does not use up an attempt. */
const excused = (end: RunEnd): RunEnd =>
  end.connectionLost
    ? { ...end, kind: "again", counts: false, delayMs: Math.random() * 1_000, connectionLost: false }
    : end;

/** `written` hears which ids counted, for metrics and tests. */
export const createOutcomes = (db: Db, log: Log, written?: (ids: readonly string[]) => void): Outcomes => {
  let pending: RunEnd[] = [];
  let working: Promise<void> | undefined;
  const giveUp = new AbortController();

  const writeOnce = async (batch: readonly RunEnd[]): Promise<void> => {
    const back = batch.filter(({ kind }) => kind === "again");
    const done = back.length === 0 ? batch : batch.filter(({ kind }) => kind !== "again");
    const [returned, finished] = await Promise.all([returnJobs(db, back), finishJobs(db, done)]);
    if (returned.length > 0) signalWork("jobs", Math.min(...back.map(({ delayMs }) => delayMs)));
    const counted = new Set([...returned, ...finished]);
    const fenced = batch.filter(({ id, unsure }) => !unsure && !counted.has(id)).length;
    if (fenced > 0) log.warn({ fenced }, "Runs ended after their lease had: they do not count");
    written?.([...returned, ...finished]);
  };

  /** A statement that Postgres refuses is narrowed down to the outcome that causes it; that one is left to its lease. */
  const writeOrSplit = async (batch: readonly RunEnd[]): Promise<void> => {
    try {
      await writeOnce(batch);
    } catch (error) {
      if (isConnectionLost(error) || isOutOfSpace(error)) throw error;
      const [first] = batch;
      if (batch.length === 1 && first) {
        log.error(
          { jobId: first.id, type: first.type, error: (error as Error).message },
          "An outcome cannot be written",
        );
        return;
      }
      const middle = Math.ceil(batch.length / 2);
      await writeOrSplit(batch.slice(0, middle));
      await writeOrSplit(batch.slice(middle));
    }
  };

  const work = async (): Promise<void> => {
    for (let failures = 0; pending.length > 0 && !giveUp.signal.aborted; ) {
      const batch = pending.slice(0, maxBatch);
      try {
        await writeOrSplit(batch);
        pending.splice(0, batch.length);
        failures = 0;
      } catch (error) {
        failures++;
        if (failures === 1)
          log.warn(
            { error: (error as Error).message, waiting: pending.length },
            "Outcomes cannot be written; trying until Postgres is back",
          );
        pending = pending.map(excused);
        await pauseFor(backoff(failures, 50, 2_000), giveUp.signal);
      }
    }
  };

  const begin = () => {
    working ??= outside(work).finally(() => {
      working = undefined;
      if (pending.length > 0 && !giveUp.signal.aborted) begin();
    });
  };

  return {
    add(end) {
      pending.push(end);
      begin();
    },
    async drain(deadlineMs) {
      const until = performance.now() + deadlineMs;
      while (working && performance.now() < until) await settledWithin(working, until - performance.now());
      if (working) giveUp.abort();
      return pending.length;
    },
    size: () => pending.length,
  };
};
