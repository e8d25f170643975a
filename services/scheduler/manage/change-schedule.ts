// What people do with schedules. Each act is in force when it has committed, in every process: firing reads the settings
// under the same lock. The caller wakes the clock of this process, so that new times ring without waiting for a look.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { ScheduleDetailView } from "../../../shared/contracts/schedules.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { searchJobs } from "../../../shared/jobs/search.ts";
import { enqueueJob, fireLocked } from "../fire.ts";
import { nextSlot } from "../slots.ts";
import { lockSchedule, type ScheduleRow } from "../store.ts";
import { notYetThere, ownSchedule, showSchedule } from "./show-schedules.ts";
import { addByHand, putPaused, putSettings, type Settings } from "./store.ts";
import { readTiming } from "./timing.ts";

export type SettingsChange = { readonly [K in keyof Settings]?: Settings[K] | undefined };

const locked = async (trx: Trx, name: string): Promise<ScheduleRow> => {
  const row = await lockSchedule(trx, name);
  if (!row) throw notYetThere(name);
  return row;
};

/** Locks it and fires what is due by the settings so far: a change that comes at the same moment costs no slot. */
const settled = async (deps: Deps, trx: Trx, name: string): Promise<ScheduleRow> => {
  const row = await locked(trx, name);
  await fireLocked(trx, deps, row, ownSchedule(name).job, deps.clock.now());
  return row;
};

const putInForce = (deps: Deps, trx: Trx, row: ScheduleRow, settings: Settings, editedAt: Date | null) => {
  const now = deps.clock.now();
  const next = row.paused ? null : nextSlot(settings, now);
  return putSettings(trx, row.name, settings, { editedAt, decidedTo: now, next });
};

/** Changes settings; what is left out stays. Throws SCHEDULE_NOT_FOUND, VALIDATION_FAILED. */
export const updateSchedule = async (deps: Deps, name: string, change: SettingsChange): Promise<ScheduleDetailView> => {
  ownSchedule(name);
  await deps.db.transaction(async (trx) => {
    const row = await settled(deps, trx, name);
    const timing = { cron: change.cron ?? row.cron, timezone: change.timezone ?? row.timezone };
    const settings: Settings = {
      // The code's own expression may have seconds, which people's may not.
      ...(change.cron === undefined
        ? { ...readTiming({ ...timing, cron: "0 0 * * *" }), cron: row.cron }
        : readTiming(timing)),
      overlap: change.overlap ?? row.overlap,
      catchUp: change.catchUp ?? row.catchUp,
    };
    await putInForce(deps, trx, row, settings, deps.clock.now());
  });
  return showSchedule(deps, name);
};

/** Gives it the code's own settings back. Throws SCHEDULE_NOT_FOUND. */
export const resetSchedule = async (deps: Deps, name: string): Promise<ScheduleDetailView> => {
  const own = ownSchedule(name);
  await deps.db.transaction(async (trx) => putInForce(deps, trx, await settled(deps, trx, name), own, null));
  return showSchedule(deps, name);
};

/** Pauses it, or ends the pause; doing so again changes nothing. Throws SCHEDULE_NOT_FOUND. */
export const setPaused = async (deps: Deps, name: string, paused: boolean): Promise<ScheduleDetailView> => {
  ownSchedule(name);
  await deps.db.transaction(async (trx) => {
    const row = await settled(deps, trx, name);
    if (row.paused === paused) return;
    const now = deps.clock.now();
    await putPaused(trx, name, paused, { decidedTo: now, next: paused ? null : nextSlot(row, now) });
  });
  return showSchedule(deps, name);
};

/**
 * Starts its job now, once, whether it is paused or not. Throws SCHEDULE_NOT_FOUND, and SCHEDULE_JOB_LIVE when the one
 * before is not over and the schedule's jobs may not overlap.
 */
export const runNow = async (deps: Deps, name: string, by: string | undefined): Promise<{ jobId: string }> => {
  const { job } = ownSchedule(name);
  return deps.db.transaction(async (trx) => {
    const row = await locked(trx, name);
    const jobId = await enqueueJob(trx, row, job);
    if (jobId) {
      await addByHand(trx, { name, at: deps.clock.now(), node: deps.node, by: by ?? null, jobId });
      return { jobId };
    }
    const [live] = await searchJobs(
      trx,
      { type: job, entity: `schedule:${name}`, states: ["scheduled", "queued", "running"] },
      { limit: 1 },
    );
    throw fail(
      "SCHEDULE_JOB_LIVE",
      `The job before${live ? `, ${live.id},` : ""} is ${live?.state ?? "not over"}, and the jobs of ${name} may not overlap. Wait for it, cancel it, or allow overlaps.`,
      live ? { jobId: live.id } : {},
    );
  });
};
