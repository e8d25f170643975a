// Queues and job types as operators see them, and the holds on them. Queues that have nothing in them are listed too.
import type { z } from "zod";
import type { Ctx } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { jobContracts } from "../../../shared/contracts/index.ts";
import type { JobType, Queue } from "../../../shared/contracts/queues.ts";
import type { TypeDepth } from "../../../shared/jobs/depths.ts";
import { type Hold, type HoldTarget, hold, listHolds, release } from "../../../shared/jobs/holds.ts";
import { sumOf } from "../../../shared/jobs/live-stats.ts";
import { raisePauseEpoch } from "../../../shared/messaging/dispatches.ts";
import { type Figures, liveView, readFigures } from "./figures.ts";

type QueueView = z.input<typeof Queue>;
type TypeView = z.input<typeof JobType>;

const heldBy = (holds: readonly Hold[], { kind, name }: HoldTarget) => {
  const found = holds.find((one) => one.kind === kind && one.name === name);
  return found ? { at: found.heldAt.toISOString(), by: found.heldBy, reason: found.reason } : null;
};

const earliest = (dates: readonly (Date | null | undefined)[]): Date | null =>
  dates.reduce<Date | null>((first, at) => (at && (first === null || at < first) ? at : first), null);

interface KnownType {
  readonly name: string;
  readonly queue: string;
  readonly group: string;
}

/** Every type of this version, and those of others that have jobs. */
const allTypes = (depths: readonly TypeDepth[]): KnownType[] => [
  ...[...jobContracts].map(([name, { queue, group }]) => ({ name, queue, group })),
  ...depths.filter(({ type }) => !jobContracts.has(type)).map(({ type, queue }) => ({ name: type, queue, group: "" })),
];

/** What waits, runs and ended, over these types together. */
const viewOf = (types: readonly string[], { depths, live, day }: Figures, now: Date) => {
  const own = depths.filter(({ type }) => types.includes(type));
  const sum = (field: "scheduled" | "queued" | "running") => own.reduce((total, one) => total + one[field], 0);
  const oldest = earliest(own.map(({ oldestDueAt }) => oldestDueAt));
  const ends = day.filter(({ type }) => types.includes(type));
  const queued = sum("queued");
  const totals = sumOf(types.flatMap((type) => live?.get(type) ?? []));
  return {
    scheduled: sum("scheduled"),
    queued,
    running: sum("running"),
    oldestDueAt: oldest?.toISOString() ?? null,
    oldestSeconds: oldest ? Math.max(0, Math.round((now.getTime() - oldest.getTime()) / 100) / 10) : null,
    live: live ? liveView(totals, queued) : null,
    day: {
      finished: ends.reduce((total, one) => total + one.finished, 0),
      failed: ends.reduce((total, one) => total + one.failed, 0),
    },
  };
};

/** Every queue with its job types. A type that only an older version knew is shown while it has jobs. */
export const showQueues = async (deps: Deps): Promise<{ data: QueueView[] }> => {
  const [figures, holds] = await Promise.all([readFigures(deps), listHolds(deps.db)]);
  const now = deps.clock.now();
  const byQueue = Map.groupBy(allTypes(figures.depths), ({ queue }) => queue);
  const data = [...byQueue]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, types]) => ({
      name,
      ...viewOf(
        types.map((type) => type.name),
        figures,
        now,
      ),
      held: heldBy(holds, { kind: "queue", name }),
      types: types
        .map((type) => ({
          name: type.name,
          group: type.group,
          ...viewOf([type.name], figures, now),
          held: heldBy(holds, { kind: "type", name: type.name }),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    }));
  return { data };
};

const queueNamed = async (deps: Deps, name: string): Promise<QueueView> => {
  const { data } = await showQueues(deps);
  const found = data.find((one) => one.name === name);
  if (found) return found;
  throw fail("QUEUE_NOT_FOUND", `Found the queue "${name}"; there are ${data.map((one) => one.name).join(", ")}.`);
};

const typeNamed = async (deps: Deps, name: string): Promise<TypeView> => {
  const { data } = await showQueues(deps);
  const found = data.flatMap(({ types }) => types).find((one) => one.name === name);
  if (found) return found;
  throw fail(
    "JOB_TYPE_NOT_FOUND",
    `Found the job type "${name}", which is none of this version's. GET /queues lists them.`,
  );
};

const named = { queue: queueNamed, type: typeNamed } as const;

/** Holds a queue or type; holding it again changes nothing. Throws QUEUE_NOT_FOUND, JOB_TYPE_NOT_FOUND. */
export const pause = async <K extends HoldTarget["kind"]>(
  deps: Deps,
  kind: K,
  ctx: Pick<Ctx<{ readonly name: string; readonly reason?: string | undefined }>, "params" | "meta">,
): Promise<Awaited<ReturnType<(typeof named)[K]>>> => {
  const { name, reason } = ctx.params;
  await named[kind](deps, name);
  await hold(deps.db, { kind, name }, { userId: ctx.meta.caller?.userId ?? null, reason: reason ?? null });
  // Senders look at the epoch before each group: nothing new leaves within a second.
  await raisePauseEpoch(deps.redis);
  return named[kind](deps, name) as Promise<Awaited<ReturnType<(typeof named)[K]>>>;
};

/** Lifts a hold; without one nothing changes. Throws QUEUE_NOT_FOUND, JOB_TYPE_NOT_FOUND. */
export const resume = async <K extends HoldTarget["kind"]>(
  deps: Deps,
  kind: K,
  name: string,
): Promise<Awaited<ReturnType<(typeof named)[K]>>> => {
  await named[kind](deps, name);
  await deps.db.transaction((trx) => release(trx, { kind, name }));
  await raisePauseEpoch(deps.redis);
  return named[kind](deps, name) as Promise<Awaited<ReturnType<(typeof named)[K]>>>;
};
