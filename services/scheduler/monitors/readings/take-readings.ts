// Reads what the rules watch, once for all of them. What cannot be read right now is left out: its incidents stay as
// they are, neither opened nor closed by not knowing.
import { backupAgeHours } from "../../../../shared/backup/runs.ts";
import type { Deps } from "../../../../shared/broker/deps.ts";
import type { MonitorKind } from "../../../../shared/contracts/monitors.ts";
import { isConnectionLost } from "../../../../shared/db/knex.ts";
import { oldestEventSeconds } from "../../../../shared/jobs/backlog.ts";
import { countLetters } from "../../../../shared/jobs/dead-letters.ts";
import { listHolds } from "../../../../shared/jobs/holds.ts";
import {
  outcomesSince,
  type QueueMoves,
  queueMoves,
  type TypeOutcomes,
  waitsSince,
} from "../../../../shared/jobs/vitals.ts";
import { createQuietLog } from "../../../../shared/streams/quiet-log.ts";
import { goneWorkers, type RedisFacts, readRedis } from "./read-redis.ts";
import { heldCampaigns, missedSlots } from "./store.ts";

export interface Reading {
  /** What of the rule's range it is; empty when there is only one. */
  readonly subject: string;
  readonly value: number;
  readonly detail?: string;
}

/** By kind, everything that was read; a kind that is absent could not be read. */
export type Readings = ReadonlyMap<MonitorKind, readonly Reading[]>;

/** Minutes that are looked back at, for waits and for failures. */
const waitMinutes = 5;
const failureMinutes = 10;
/** Fewer failures than this are no rate. */
const fewFailures = 5;

const one = (value: number, detail?: string): Reading[] => [{ subject: "", value, ...(detail ? { detail } : {}) }];

const failureRates = (outcomes: readonly TypeOutcomes[]): Reading[] =>
  outcomes
    .filter(({ failed }) => failed >= fewFailures)
    .map(({ type, completed, failed }) => ({
      subject: type,
      value: (100 * failed) / (completed + failed),
      detail: `${failed} of ${completed + failed} within ${failureMinutes} minutes`,
    }));

/** Seconds in which work waits and nothing of its queue began or finished. */
const standingStill = async (
  moving: Promise<readonly QueueMoves[]>,
  outcomes: Promise<readonly TypeOutcomes[]>,
): Promise<Reading[]> => {
  const [moves, finished] = await Promise.all([moving, outcomes]);
  return moves.flatMap(({ queue, oldestSeconds, begunSeconds }) => {
    if (oldestSeconds === null) return [];
    const last = finished.filter((one) => one.queue === queue).map(({ lastSeconds }) => lastSeconds);
    return [{ subject: queue, value: Math.max(0, Math.min(oldestSeconds, begunSeconds ?? Infinity, ...last)) }];
  });
};

const letters = async (deps: Deps): Promise<Reading[]> =>
  (await countLetters(deps.db)).map(({ group, count }) => ({ subject: group, value: count }));

const holdAges = async (deps: Deps): Promise<Reading[]> => {
  const now = deps.clock.now().getTime();
  return (await listHolds(deps.db)).map(({ kind, name, heldAt, reason }) => ({
    subject: `${kind === "queue" ? "queue" : "job type"} ${name}`,
    value: (now - heldAt.getTime()) / 3_600_000,
    ...(reason ? { detail: reason } : {}),
  }));
};

const ofRedis = (facts: RedisFacts | undefined): [MonitorKind, readonly Reading[]][] => {
  if (!facts) return [["redis-away", one(1)]];
  return [
    ["redis-away", one(0)],
    ["redis-settings", one(facts.wrongSettings.length, facts.wrongSettings.join(" "))],
    ["redis-memory", facts.memoryPercent === undefined ? [] : one(facts.memoryPercent)],
  ];
};

const quietLogs = new WeakMap<Deps, ReturnType<typeof createQuietLog>>();

/** Reads all of `kinds`. Throws only when Postgres is away. `watchingSince`: missed slots count from then on. */
export const takeReadings = async (
  deps: Deps,
  kinds: ReadonlySet<MonitorKind>,
  watchingSince: Date,
): Promise<Readings> => {
  const quiet = quietLogs.get(deps) ?? createQuietLog(deps.log, { part: "monitors" });
  quietLogs.set(deps, quiet);
  const outcomes = outcomesSince(deps.db, failureMinutes);
  outcomes.catch(() => undefined);
  const moves = queueMoves(deps.db);
  moves.catch(() => undefined);
  const readers: Partial<Record<MonitorKind, () => Promise<Reading[]>>> = {
    "queue-age": async () =>
      (await moves).map(({ queue, oldestSeconds }) => ({ subject: queue, value: oldestSeconds ?? 0 })),
    "wait-p95": async () =>
      (await waitsSince(deps.db, waitMinutes)).map(({ queue, seconds }) => ({ subject: queue, value: seconds })),
    "failure-rate": async () => failureRates(await outcomes),
    "no-throughput": () => standingStill(moves, outcomes),
    "outbox-lag": async () => one(await oldestEventSeconds(deps.db)),
    "missed-slots": async () =>
      (await missedSlots(deps.db, watchingSince)).map(({ schedule, count }) => ({ subject: schedule, value: count })),
    "campaigns-held": async () => one(await heldCampaigns(deps.db)),
    "hold-age": () => holdAges(deps),
    "dead-letters": () => letters(deps),
    "backup-age": async () => one(await backupAgeHours(deps.db)),
    "workers-gone": async () =>
      (await goneWorkers(deps.redis, deps.clock.now())).map(({ groups, nodes }) => ({
        ...{ subject: groups, value: nodes.length, detail: nodes.join(", ") },
      })),
  };
  const found = new Map<MonitorKind, readonly Reading[]>();
  const askRedis = async () => {
    for (const [kind, readings] of ofRedis(await readRedis(deps.redis))) found.set(kind, readings);
  };
  const ask = async (kind: MonitorKind, read: () => Promise<Reading[]>) => {
    try {
      found.set(kind, await read());
      quiet.recovered(`Reading ${kind}`);
    } catch (error) {
      if (isConnectionLost(error)) throw error;
      quiet.failing(`Reading ${kind}`, error);
    }
  };
  await Promise.all([
    ...(kinds.has("redis-away") || kinds.has("redis-settings") || kinds.has("redis-memory") ? [askRedis()] : []),
    ...Object.entries(readers)
      .filter(([kind]) => kinds.has(kind as MonitorKind))
      .map(([kind, read]) => ask(kind as MonitorKind, read)),
  ]);
  return found;
};
