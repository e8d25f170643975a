// Fires the due slots of a schedule: slot row and job in one transaction, so any number of replicas fires each slot
// once, and a slot that was missed while nobody ran is found again and follows the catch-up policy.
import type { Deps } from "../../shared/broker/deps.ts";
import type { Trx } from "../../shared/db/knex.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import type { ScheduledJob } from "./schedules.ts";
import { decideSlots, dueSlots, nextSlot } from "./slots.ts";
import { advance, lockSchedule, noteJob, type ScheduleRow, takeSlots } from "./store.ts";

export interface Fired {
  /** Jobs that came of it. */
  readonly jobs: number;
  /** Slots that were left out: nobody fired them in time and the policy does not make up for them. */
  readonly missed: number;
}

const nothing: Fired = { jobs: 0, missed: 0 };

/** Enqueues the schedule's job; undefined when the one before is still live and may not be overlapped. */
export const enqueueJob = (
  trx: Trx,
  { name, overlap }: Pick<ScheduleRow, "name" | "overlap">,
  job: ScheduledJob,
): Promise<string | undefined> => {
  const unique = overlap === "skip" ? { uniqueKey: `schedule:${name}` } : {};
  return enqueue(trx, job, {}, { ...unique, entity: `schedule:${name}` });
};

const decideAll = async (
  trx: Trx,
  deps: Deps,
  schedule: ScheduleRow,
  job: ScheduledJob,
  slots: readonly Date[],
  now: Date,
): Promise<Fired> => {
  const decided = decideSlots(slots, now, schedule.catchUp);
  const rows = decided.map(({ at, fires }) => ({
    at,
    fires,
    driftMs: Math.min(deps.clock.now().getTime() - at.getTime(), 2_147_483_647),
  }));
  const own = new Set((await takeSlots(trx, schedule.name, rows, now, deps.node)).map((at) => at.getTime()));
  const mine = decided.filter(({ at }) => own.has(at.getTime()));
  let jobs = 0;
  for (const { at, fires } of mine) {
    if (!fires) continue;
    const id = await enqueueJob(trx, schedule, job);
    if (id) jobs++;
    await noteJob(trx, schedule.name, at, id);
  }
  const newest = slots.at(-1) ?? now;
  await advance(trx, schedule.name, newest, nextSlot(schedule, newest));
  return { jobs, missed: mine.filter(({ fires }) => !fires).length };
};

/**
 * Decides about every slot of a schedule that the transaction has locked, up to `upTo`, by the settings in `schedule`.
 * Slots that pass during a pause are not made up for afterwards.
 */
export const fireLocked = async (
  trx: Trx,
  deps: Deps,
  schedule: ScheduleRow,
  job: ScheduledJob,
  upTo: Date,
): Promise<Fired> => {
  const slots = dueSlots(schedule, schedule.lastFireAt, upTo);
  if (slots.length === 0) return nothing;
  if (!schedule.paused) return decideAll(trx, deps, schedule, job, slots, upTo);
  await advance(trx, schedule.name, upTo, null);
  return nothing;
};

/**
 * Decides about every slot of the schedule since the last one that was decided, up to `upTo` (now when absent), by the
 * settings that are in force: those of `seen` may have changed since they were read.
 * Throws when Postgres is away; nothing is decided then, and the next call finds the same slots.
 */
export const fireDue = async (
  deps: Deps,
  seen: ScheduleRow,
  job: ScheduledJob,
  upTo: Date = deps.clock.now(),
): Promise<Fired> => {
  if (dueSlots(seen, seen.lastFireAt, upTo).length === 0) return nothing;
  return deps.db.transaction(async (trx) => {
    const schedule = await lockSchedule(trx, seen.name);
    return schedule ? fireLocked(trx, deps, schedule, job, upTo) : nothing;
  });
};
