// Holds the clock of one replica: node-schedule rings at the next slot of each schedule, and a look at all of them every
// few seconds finds what rings could not do (Postgres away, process frozen, a schedule that was changed elsewhere).
import { type Job, scheduleJob } from "node-schedule";
import type { Deps } from "../../shared/broker/deps.ts";
import { jobContracts } from "../../shared/contracts/index.ts";
import { type Clock, systemClock } from "../../shared/lib/clock.ts";
import { createQuietLog } from "../../shared/streams/quiet-log.ts";
import { groupsUp, typesByGroup } from "./attended.ts";
import { createDatabaseTime } from "./database-time.ts";
import { fireDue } from "./fire.ts";
import type { Schedule, ScheduledJob } from "./schedules.ts";
import { nextSlot, refuseTiming } from "./slots.ts";
import { listSchedules, retireOthers, type ScheduleRow, syncSchedules, takeBackAhead } from "./store.ts";

export interface SchedulerClock {
  /** The time it goes by. */
  readonly time: Clock;
  /** Looks at every schedule now, because one was changed; does not wait for it. */
  look(): void;
  /** Rings no more, and resolves when what it was firing is done. */
  stop(): Promise<void>;
}

export interface ClockOptions {
  /** Milliseconds between two looks; default 5,000. */
  readonly lookMs?: number;
  /** After a start the other groups get so many ms to come up before the log says that one is not there; default 60,000. */
  readonly graceMs?: number;
}

/** Throws, naming the schedule, when its job has no contract or its timing cannot be read. */
export const checkSchedules = (schedules: readonly Schedule[]): void => {
  const names = new Set<string>();
  for (const { name, job, ...timing } of schedules) {
    if (names.has(name)) throw new Error(`There are two schedules ${name}; one of them is too many`);
    names.add(name);
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
  machine: Deps,
  schedules: readonly Schedule[],
  { lookMs = 5_000, graceMs = 60_000 }: ClockOptions = {},
): Promise<SchedulerClock> => {
  checkSchedules(schedules);
  const time = createDatabaseTime(machine);
  await time.measure();
  const deps: Deps = { ...machine, clock: time.clock };
  const startedAt = deps.clock.monotonic();
  await syncSchedules(deps.db, schedules, deps.clock.now());
  const names = schedules.map(({ name }) => name);
  for (const schedule of await retireOthers(deps.db, names, deps.clock.now()))
    deps.log.warn({ schedule }, "a schedule in the database is none of this version's: it no longer fires");
  const jobOf = new Map<string, ScheduledJob>(schedules.map(({ name, job }) => [name, job]));
  const rings = new Map<string, { readonly at: number; readonly ring: Job }>();
  const quiet = createQuietLog(deps.log, { part: "scheduler" });
  let looking: Promise<void> | undefined;
  let again = false;
  let upTo: Date | undefined;
  let isStopped = false;

  const arm = (row: ScheduleRow, reached: Date) => {
    const known = rings.get(row.name);
    const next = nextSlot(row, reached);
    if (known?.at === next.getTime()) return;
    known?.ring.cancel();
    // The library counts by the machine's clock; the platform's may be another one.
    const onMachine = new Date(systemClock.now().getTime() + next.getTime() - deps.clock.now().getTime());
    // A timer may ring a moment early by the wall clock: the slot that rings counts as reached.
    const ring = scheduleJob(onMachine, () => look(next));
    if (ring) rings.set(row.name, { at: next.getTime(), ring });
    else rings.delete(row.name);
  };

  const lookAt = async (row: ScheduleRow, job: ScheduledJob, reached: Date): Promise<void> => {
    const { missed } = await fireDue(deps, row, job, reached);
    if (missed > 0) deps.log.warn({ schedule: row.name, missed }, "slots were missed and are not made up for");
    arm(row, reached);
  };

  /** A type that nothing consumes must not go unnoticed: its jobs would wait for ever. */
  const lookForConsumers = (): void => {
    if (deps.clock.monotonic() - startedAt < graceMs) return;
    const up = groupsUp(deps.broker);
    for (const [group, types] of typesByGroup()) {
      const what = `The group ${group}`;
      if (up.has(group)) quiet.recovered(what);
      else quiet.failing(what, "not up", `${what} has no process that is up: the jobs of its ${types} types wait`);
    }
  };

  const lookAtAll = async (reached: Date): Promise<void> => {
    for (const schedule of await takeBackAhead(deps.db))
      deps.log.warn({ schedule }, "a clock was ahead and has been put right: this schedule fires again from now on");
    let rows = await listSchedules(deps.db);
    if (names.some((name) => !rows.some((row) => row.name === name))) {
      // A process of an older version was started meanwhile and retired what it does not know.
      await syncSchedules(deps.db, schedules, deps.clock.now());
      rows = await listSchedules(deps.db);
    }
    for (const row of rows) {
      const job = jobOf.get(row.name);
      if (!job) continue;
      const what = `Firing ${row.name}`;
      // One that cannot be fired does not hold back the others.
      await lookAt(row, job, reached).then(
        () => quiet.recovered(what),
        (error: unknown) => quiet.failing(what, error),
      );
    }
    lookForConsumers();
    quiet.recovered("Reading the schedules");
  };

  /** One look at a time; rings that come meanwhile are one more look. */
  const look = (reached?: Date): void => {
    if (isStopped) return;
    if (reached && (!upTo || reached > upTo)) upTo = reached;
    again = true;
    looking ??= (async () => {
      while (again) {
        again = false;
        await time.measure().catch((error: unknown) => quiet.failing("Reading the database's clock", error));
        const now = deps.clock.now();
        const at = upTo && upTo > now ? upTo : now;
        await lookAtAll(at).catch((error: unknown) => quiet.failing("Reading the schedules", error));
      }
      looking = undefined;
    })();
  };

  look();
  await looking;
  const timer = setInterval(() => look(), lookMs);
  return {
    time: time.clock,
    look,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      again = false;
      await looking;
      for (const { ring } of rings.values()) ring.cancel();
    },
  };
};
