// What `npm run queue:status` finds: each queue with what waits, runs and fails, and whether it stands still or fails.

import { jobContracts } from "../../shared/contracts/index.ts";
import type { Db } from "../../shared/db/knex.ts";
import { depthsByType } from "../../shared/jobs/depths.ts";
import { listHolds } from "../../shared/jobs/holds.ts";
import { outcomesSince, queueMoves } from "../../shared/jobs/vitals.ts";

export interface Limits {
  /** Seconds in which work may wait while nothing of its queue begins or finishes. */
  readonly stalledSeconds: number;
  /** Percent of a type's jobs that may fail within an hour. */
  readonly failingPercent: number;
}

export interface QueueStatus {
  readonly queue: string;
  readonly waiting: number;
  readonly later: number;
  readonly running: number;
  readonly oldestSeconds: number | null;
  readonly completedLastHour: number;
  readonly failedLastHour: number;
  readonly held: boolean;
  /** Seconds in which work waits and nothing has moved; 0 when nothing waits or something moves. */
  readonly stillSeconds: number;
  /** What is wrong, each as a sentence. */
  readonly problems: readonly string[];
}

/** Fewer failures than this are no rate. */
const fewFailures = 5;
const round = Math.round;

/** Every queue, by name. Throws when Postgres cannot be asked. */
export const examineQueues = async (db: Db, { stalledSeconds, failingPercent }: Limits): Promise<QueueStatus[]> => {
  const [depths, holds, moves, outcomes] = await Promise.all([
    depthsByType(db),
    listHolds(db),
    queueMoves(db),
    outcomesSince(db, 60),
  ]);
  const names = new Set([...jobContracts.values()].map(({ queue }) => queue as string));
  for (const { queue } of depths) names.add(queue);
  return [...names].sort().map((queue) => {
    const own = depths.filter((one) => one.queue === queue);
    const ended = outcomes.filter((one) => one.queue === queue);
    const sum = (field: "scheduled" | "queued" | "running") => own.reduce((total, one) => total + one[field], 0);
    const moved = moves.find((one) => one.queue === queue);
    const oldest = moved?.oldestSeconds ?? null;
    const still =
      oldest === null
        ? 0
        : Math.min(oldest, moved?.begunSeconds ?? Infinity, ...ended.map(({ lastSeconds }) => lastSeconds));
    const failing = ended.filter(
      ({ completed, failed }) => failed >= fewFailures && (100 * failed) / (completed + failed) > failingPercent,
    );
    return {
      queue,
      ...{ waiting: sum("queued"), later: sum("scheduled"), running: sum("running") },
      oldestSeconds: oldest === null ? null : round(oldest),
      completedLastHour: ended.reduce((total, { completed }) => total + completed, 0),
      failedLastHour: ended.reduce((total, { failed }) => total + failed, 0),
      held: holds.some(({ kind, name }) => kind === "queue" && name === queue),
      stillSeconds: round(still),
      problems: [
        ...(still > stalledSeconds
          ? [
              `Work waits and nothing has moved for ${round(still)} s. Is a process for this queue running? See npm run logs.`,
            ]
          : []),
        ...failing.map(
          ({ type, completed, failed }) =>
            `${failed} of ${completed + failed} jobs ${type} failed within an hour. See npm run repl -- jobs --state failed --type ${type}.`,
        ),
      ],
    };
  });
};
