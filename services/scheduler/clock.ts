// Holds the clock of one replica: node-schedule ticks per schedule, and a look at all of them every few seconds finds
// what ticks could not do (Postgres away, process frozen, a schedule that was changed elsewhere).
import { type Job, scheduleJob } from "node-schedule";
import type { Deps } from "../../shared/broker/deps.ts";
import { jobContracts } from "../../shared/contracts/index.ts";
import { createQuietLog } from "../../shared/streams/quiet-log.ts";
import { fireDue } from "./fire.ts";
import type { Schedule, ScheduledJob } from "./schedules.ts";
import { refuseTiming } from "./slots.ts";
import { listSchedules, type ScheduleRow, syncSchedules } from "./store.ts";

export interface SchedulerClock {
  /** Ticks no more, and resolves when what it was firing is done. */
  stop(): Promise<void>;
}

const lookEveryMs = 10_000;

/** Throws, naming the schedule, when its job has no contract or its timing cannot be read. */
export const checkSchedules = (schedules: readonly Schedule[]): void => {
  for (const { name, job, ...timing } of schedules) {
    if (!jobContracts.has(job))
      throw new Error(`The schedule ${name} starts the job ${job}, which no contract declares`);
    const wrong = refuseTiming(timing);
    if (wrong)
      throw new Error(
        `The schedule ${name} has "${timing.cron}" in ${timing.timezone}, which cannot be read: ${wrong}`,
      );
  }
};

/** Brings the schedules into the database and keeps them firing until `stop`. Throws when a schedule is wrong. */
export const startClock = async (
  deps: Deps,
  schedules: readonly Schedule[],
  lookMs = lookEveryMs,
): Promise<SchedulerClock> => {
  checkSchedules(schedules);
  await syncSchedules(deps.db, schedules, deps.clock.now());
  const jobOf = new Map<string, ScheduledJob>(schedules.map(({ name, job }) => [name, job]));
  const ticks = new Map<string, { readonly timing: string; readonly tick: Job }>();
  const quiet = createQuietLog(deps.log, { part: "scheduler" });
  let looking: Promise<void> | undefined;
  let again = false;
  let upTo: Date | undefined;

  const arm = (row: ScheduleRow) => {
    const timing = `${row.cron} ${row.timezone}`;
    const known = ticks.get(row.name);
    if (known?.timing === timing) return;
    known?.tick.cancel();
    // A timer may ring a moment early by the wall clock: the slot that rings counts as reached.
    const tick = scheduleJob({ rule: row.cron, tz: row.timezone }, (at) => look(at));
    if (tick) ticks.set(row.name, { timing, tick });
    else deps.log.error({ schedule: row.name }, `"${row.cron}" in ${row.timezone} never fires`);
  };

  const lookAtAll = async (reached: Date): Promise<void> => {
    const rows = await listSchedules(deps.db);
    for (const row of rows) {
      const job = jobOf.get(row.name);
      if (!job) continue;
      arm(row);
      const { missed } = await fireDue(deps, row, job, reached);
      if (missed > 0) deps.log.warn({ schedule: row.name, missed }, "slots were missed and are not made up for");
    }
    quiet.recovered("Firing schedules");
  };

  /** One look at a time; ticks that come meanwhile are one more look. */
  const look = (reached?: Date): void => {
    if (reached && (!upTo || reached > upTo)) upTo = reached;
    again = true;
    looking ??= (async () => {
      while (again) {
        again = false;
        const now = deps.clock.now();
        const at = upTo && upTo > now ? upTo : now;
        await lookAtAll(at).catch((error: unknown) => quiet.failing("Firing schedules", error));
      }
      looking = undefined;
    })();
  };

  look();
  await looking;
  const timer = setInterval(() => look(), lookMs);
  return {
    async stop() {
      clearInterval(timer);
      for (const { tick } of ticks.values()) tick.cancel();
      again = false;
      await looking;
    },
  };
};
