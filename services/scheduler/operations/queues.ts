// Queues and job types as operators see them, and the holds on them. Queues that have nothing in them are listed too.
import type { z } from "zod";
import type { Ctx } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { jobContracts } from "../../../shared/contracts/index.ts";
import type { JobType, Queue } from "../../../shared/contracts/jobs.ts";
import { depthsByType, type TypeDepth } from "../../../shared/jobs/depths.ts";
import { type Hold, type HoldTarget, hold, listHolds, release } from "../../../shared/jobs/holds.ts";
import { raisePauseEpoch } from "../../../shared/messaging/dispatches.ts";

type QueueView = z.input<typeof Queue>;
type TypeView = z.input<typeof JobType>;

const heldBy = (holds: readonly Hold[], { kind, name }: HoldTarget) => {
  const found = holds.find((one) => one.kind === kind && one.name === name);
  return found ? { at: found.heldAt.toISOString(), by: found.heldBy, reason: found.reason } : null;
};

const earliest = (dates: readonly (string | null)[]): string | null =>
  dates.reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null);

const typeView = (name: string, group: string, depth: TypeDepth | undefined, holds: readonly Hold[]): TypeView => ({
  name,
  group,
  scheduled: depth?.scheduled ?? 0,
  queued: depth?.queued ?? 0,
  running: depth?.running ?? 0,
  oldestDueAt: depth?.oldestDueAt?.toISOString() ?? null,
  held: heldBy(holds, { kind: "type", name }),
});

/** Every queue with its job types. A type that only an older version knew is shown while it has jobs. */
export const showQueues = async (deps: Deps): Promise<{ data: QueueView[] }> => {
  const [depths, holds] = await Promise.all([depthsByType(deps.db), listHolds(deps.db)]);
  const known = [...jobContracts].map(([name, { queue, group }]) => ({
    name,
    queue: queue as string,
    group: group as string,
  }));
  const gone = depths
    .filter(({ type }) => !jobContracts.has(type))
    .map(({ type, queue }) => ({ name: type, queue, group: "" }));
  const types = [...known, ...gone];
  const data = [...new Set(types.map(({ queue }) => queue))].sort().map((name) => {
    const own = types
      .filter(({ queue }) => queue === name)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((one) =>
        typeView(
          one.name,
          one.group,
          depths.find(({ type }) => type === one.name),
          holds,
        ),
      );
    const sum = (field: "scheduled" | "queued" | "running") => own.reduce((total, one) => total + one[field], 0);
    return {
      name,
      scheduled: sum("scheduled"),
      queued: sum("queued"),
      running: sum("running"),
      oldestDueAt: earliest(own.map(({ oldestDueAt }) => oldestDueAt)),
      held: heldBy(holds, { kind: "queue", name }),
      types: own,
    };
  });
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
