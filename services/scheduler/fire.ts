// Fires the due slots of a schedule: slot row and job in one transaction, so any number of replicas fires each slot
// once, and a slot that was missed while nobody ran is found again and follows the catch-up policy.
import type { Deps } from "../../shared/broker/deps.ts";
import type { Trx } from "../../shared/db/knex.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import type { ScheduledJob } from "./schedules.ts";
import { type Decided, decideSlots, dueSlots, nextSlot } from "./slots.ts";
import { advance, noteJob, type ScheduleRow, takeSlots } from "./store.ts";

export interface Fired {
  /** Jobs that came of it. */
  readonly jobs: number;
  /** Slots that were left out: nobody fired them in time and the policy does not make up for them. */
  readonly missed: number;
}

const enqueueSlots = async (
  trx: Trx,
  schedule: ScheduleRow,
  job: ScheduledJob,
  slots: readonly Date[],
): Promise<number> => {
  let jobs = 0;
  for (const at of slots) {
    const unique = schedule.overlap === "skip" ? { uniqueKey: `schedule:${schedule.name}` } : {};
    const id = await enqueue(trx, job, {}, { ...unique, entity: `schedule:${schedule.name}` });
    if (id) jobs++;
    await noteJob(trx, schedule.name, at, id);
  }
  return jobs;
};

const decideAll = async (
  deps: Deps,
  schedule: ScheduleRow,
  job: ScheduledJob,
  decided: readonly Decided[],
  now: Date,
): Promise<Fired> =>
  deps.db.transaction(async (trx) => {
    const rows = decided.map(({ at, fires }) => ({
      at,
      fires,
      driftMs: Math.min(now.getTime() - at.getTime(), 2_147_483_647),
    }));
    const own = new Set((await takeSlots(trx, schedule.name, rows, now, deps.node)).map((at) => at.getTime()));
    const mine = decided.filter(({ at }) => own.has(at.getTime()));
    const jobs = await enqueueSlots(
      trx,
      schedule,
      job,
      mine.flatMap(({ at, fires }) => (fires ? [at] : [])),
    );
    const newest = decided.at(-1)?.at ?? now;
    await advance(trx, schedule.name, newest, nextSlot(schedule, newest));
    return { jobs, missed: mine.filter(({ fires }) => !fires).length };
  });

/**
 * Decides about every slot of the schedule since the last one that was decided, up to `upTo` (now when absent).
 * Throws when Postgres is away; nothing is decided then, and the next call finds the same slots.
 */
export const fireDue = async (
  deps: Deps,
  schedule: ScheduleRow,
  job: ScheduledJob,
  upTo: Date = deps.clock.now(),
): Promise<Fired> => {
  const slots = dueSlots(schedule, schedule.lastFireAt, upTo);
  if (slots.length === 0) return { jobs: 0, missed: 0 };
  if (schedule.paused) {
    // What passes during a pause is not made up for afterwards.
    await advance(deps.db, schedule.name, upTo, nextSlot(schedule, upTo));
    return { jobs: 0, missed: 0 };
  }
  return decideAll(deps, schedule, job, decideSlots(slots, upTo, schedule.catchUp), upTo);
};
