// The scheduler: each slot fires once whoever fires it, and what nobody fired follows the catch-up policy.
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkSchedules, type SchedulerClock, startClock } from "../../services/scheduler/clock.ts";
import { createDatabaseTime } from "../../services/scheduler/database-time.ts";
import { fireDue } from "../../services/scheduler/fire.ts";
import { type Schedule, schedules } from "../../services/scheduler/schedules.ts";
import { dueSlots } from "../../services/scheduler/slots.ts";
import { listSchedules, retireOthers, type ScheduleRow, syncSchedules } from "../../services/scheduler/store.ts";
import { cleanTokens, pruneJobs, sweepOutbox } from "../../services/scheduler/upkeep.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { JobRun } from "../../shared/jobs/define.ts";
import { until } from "../helpers/processes.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let setup: TestDeps;
const clocks: SchedulerClock[] = [];
beforeEach(async () => {
  setup = await useCaseDeps();
});
afterEach(async () => {
  await Promise.all(clocks.splice(0).map((clock) => clock.stop()));
  await setup.close();
});

const everySecond: Schedule = {
  name: "tick",
  about: "Ticks.",
  cron: "* * * * * *",
  timezone: "UTC",
  job: "outbox.sweep",
  overlap: "allow",
  catchUp: "skip",
};
const daily: Schedule = {
  name: "daily",
  about: "Comes daily.",
  cron: "0 4 * * *",
  timezone: "Europe/Berlin",
  job: "jobs.prune",
  overlap: "skip",
  catchUp: "one",
};
const at = (deps: Deps, iso: string): Deps => ({ ...deps, clock: { now: () => new Date(iso), monotonic: () => 0 } });
const slots = async (name: string) =>
  (
    await setup.deps.db.raw<{
      rows: { fire_at: Date; outcome: string; job_id: string | null; drift_ms: number | null }[];
    }>("select * from scheduler.schedule_slots where schedule = ? order by fire_at", [name])
  ).rows;
const jobs = async () =>
  (await setup.deps.db("jobs.jobs").select("id", "type", "entity")) as { id: string; type: string }[];
const put = async (schedule: Schedule, lastFireAt: string): Promise<void> => {
  await syncSchedules(setup.deps.db, [schedule], new Date(lastFireAt));
};
const only = async (): Promise<ScheduleRow> => (await listSchedules(setup.deps.db))[0] as ScheduleRow;

test("a hundred attempts to fire the same slot make one job, and its drift is kept", async () => {
  await put(daily, "2026-03-10T00:00:00Z");
  const row = await only();
  const deps = at(setup.deps, "2026-03-10T03:00:01.500Z");
  const all = await Promise.all(Array.from({ length: 100 }, () => fireDue(deps, row, daily.job)));
  expect(all.reduce((sum, { jobs: count }) => sum + count, 0)).toBe(1);
  expect(await jobs()).toHaveLength(1);
  expect(await slots("daily")).toMatchObject([{ outcome: "fired", drift_ms: 1_500 }]);
});

test("after days of downtime the policy decides what is made up for", async () => {
  const now = "2026-03-10T12:00:00Z";
  const outcomes: Record<string, unknown> = {};
  for (const catchUp of ["skip", "one", "all"] as const) {
    await setup.deps.db.raw("truncate scheduler.schedules cascade; truncate jobs.jobs");
    await put({ ...daily, catchUp, overlap: "allow" }, "2026-03-05T12:00:00Z");
    const fired = await fireDue(at(setup.deps, now), await only(), daily.job);
    outcomes[catchUp] = [fired, (await slots("daily")).map(({ outcome }) => outcome).join(" ")];
    // Decided is decided: the next look finds nothing.
    expect(await fireDue(at(setup.deps, now), await only(), daily.job)).toEqual({ jobs: 0, missed: 0 });
  }
  expect(outcomes).toEqual({
    skip: [{ jobs: 0, missed: 5 }, "missed missed missed missed missed"],
    one: [{ jobs: 1, missed: 4 }, "missed missed missed missed fired"],
    all: [{ jobs: 5, missed: 0 }, "fired fired fired fired fired"],
  });
});

test("a schedule whose job is still live fires no second one", async () => {
  await put(daily, "2026-03-05T12:00:00Z");
  await fireDue(at(setup.deps, "2026-03-06T03:00:00Z"), await only(), daily.job);
  await fireDue(at(setup.deps, "2026-03-07T03:00:00Z"), await only(), daily.job);
  expect(await jobs()).toHaveLength(1);
  expect((await slots("daily")).map(({ outcome }) => outcome)).toEqual(["fired", "overlapped"]);
});

test("with overlaps every slot has its job; without them, making up for all starts one and says so of the others", async () => {
  const outcomes: string[] = [];
  for (const overlap of ["allow", "skip"] as const) {
    await setup.deps.db.raw("truncate scheduler.schedules cascade; truncate jobs.jobs");
    await put({ ...daily, overlap, catchUp: "all" }, "2026-03-05T12:00:00Z");
    await fireDue(at(setup.deps, "2026-03-08T12:00:00Z"), await only(), daily.job);
    outcomes.push((await slots("daily")).map(({ outcome }) => outcome).join(" "));
    expect(await jobs()).toHaveLength(overlap === "allow" ? 3 : 1);
  }
  expect(outcomes).toEqual(["fired fired fired", "fired overlapped overlapped"]);
});

test("a paused schedule fires nothing and makes nothing up when it goes on", async () => {
  await put(daily, "2026-03-05T12:00:00Z");
  await setup.deps.db.raw("update scheduler.schedules set paused = true");
  await fireDue(at(setup.deps, "2026-03-08T12:00:00Z"), await only(), daily.job);
  await setup.deps.db.raw("update scheduler.schedules set paused = false");
  expect(await fireDue(at(setup.deps, "2026-03-08T12:00:01Z"), await only(), daily.job)).toEqual({
    jobs: 0,
    missed: 0,
  });
  expect((await fireDue(at(setup.deps, "2026-03-09T03:00:01Z"), await only(), daily.job)).jobs).toBe(1);
});

test("local times follow their zone over the change to summer time, and of long gaps only the newest slots count", () => {
  const found = dueSlots(daily, new Date("2026-03-28T00:00:00Z"), new Date("2026-03-30T12:00:00Z"));
  expect(found.map((slot) => slot.toISOString())).toEqual([
    "2026-03-28T03:00:00.000Z",
    "2026-03-29T02:00:00.000Z",
    "2026-03-30T02:00:00.000Z",
  ]);
  const year = dueSlots(
    { cron: "* * * * *", timezone: "UTC" },
    new Date("2025-01-01T00:00:00Z"),
    new Date("2026-01-01T00:00:30Z"),
  );
  expect(year).toHaveLength(1_000);
  expect(year.at(-1)?.toISOString()).toBe("2026-01-01T00:00:00.000Z");
});

test("what a person changed stays over a restart, and what the code no longer has is retired", async () => {
  await put(daily, "2026-03-05T12:00:00Z");
  await setup.deps.db.raw("update scheduler.schedules set cron = '0 5 * * *', edited_at = now()");
  await put(daily, "2026-03-05T12:00:00Z");
  expect((await only()).cron).toBe("0 5 * * *");
  expect(await retireOthers(setup.deps.db, ["tick"], new Date("2026-03-06T12:00:00Z"))).toEqual(["daily"]);
  expect(await listSchedules(setup.deps.db)).toEqual([]);
});

test("a schedule that a version brings back keeps its slots after a moment, and starts anew after long", async () => {
  const lastAt = async (comesBackAt: string) => {
    await setup.deps.db.raw("truncate scheduler.schedules cascade");
    await put(daily, "2026-03-05T12:00:00Z");
    await retireOthers(setup.deps.db, [], new Date("2026-03-06T12:00:00Z"));
    await put(daily, comesBackAt);
    return (await only()).lastFireAt.toISOString();
  };
  expect(await lastAt("2026-03-06T12:30:00Z")).toBe("2026-03-05T12:00:00.000Z");
  expect(await lastAt("2026-05-06T12:30:00Z")).toBe("2026-05-06T12:30:00.000Z");
});

test("a schedule in the database that the code does not know is said at the start, and nothing of it fires", async () => {
  const stranger = { ...everySecond, name: "stranger", job: "no.such" as Schedule["job"] };
  await put(stranger, new Date(Date.now() - 5_000).toISOString());
  const said: unknown[] = [];
  const log = { ...setup.deps.log, warn: (...args: unknown[]) => said.push(args[0]) };
  clocks.push(await startClock({ ...setup.deps, log }, [everySecond], { lookMs: 300 }));
  await until("the known one fires", async () => (await slots("tick")).length > 0, { everyMs: 100 });
  expect(said).toContainEqual({ schedule: "stranger" });
  expect(await slots("stranger")).toEqual([]);
  // An older version that is started now retires what it does not know; the clock brings it back.
  await retireOthers(setup.deps.db, [], new Date());
  await until("the known one is back", async () => (await listSchedules(setup.deps.db)).length === 1);
});

test("a machine whose clock is two days ahead goes by the database's clock, and decides about nothing that is to come", async () => {
  const ahead = { now: () => new Date(Date.now() + 2 * 86_400_000), monotonic: () => performance.now() };
  clocks.push(await startClock({ ...setup.deps, clock: ahead }, [daily, everySecond], { lookMs: 300 }));
  await until("some seconds have fired", async () => (await slots("tick")).length >= 2, { everyMs: 100 });
  expect(await slots("daily")).toEqual([]);
  for (const { lastFireAt } of await listSchedules(setup.deps.db))
    expect(lastFireAt.getTime()).toBeLessThan(Date.now() + 5_000);
});

test("a machine that is two days ahead and whose first question was answered slowly decides about nothing to come", async () => {
  let ms = 0;
  const slow = { now: () => new Date(Date.now() + 2 * 86_400_000), monotonic: () => (ms += 1_500) };
  const time = createDatabaseTime({ ...setup.deps, clock: slow });
  await time.measure();
  expect(time.clock.now().getTime()).toBeLessThan(Date.now() + 3_600_000);
});

test("when the database's clock was a day ahead for a moment, schedules fire again at once", async () => {
  const ahead = new Date(Date.now() + 86_400_000);
  await put(everySecond, ahead.toISOString());
  await setup.deps.db.raw(
    "insert into scheduler.schedule_slots (schedule, fire_at, outcome) select 'tick', date_trunc('second', now()) + n * interval '1 second', 'fired' from generate_series(60, 70) n",
  );
  const said: string[] = [];
  const log = { ...setup.deps.log, warn: (_fields: unknown, sentence: string) => said.push(sentence) };
  clocks.push(await startClock({ ...setup.deps, log }, [everySecond], { lookMs: 300 }));
  expect(said).toContainEqual(expect.stringContaining("a clock was ahead"));
  const fired = await until("it fires", async () => ((await slots("tick")).length >= 2 ? slots("tick") : undefined));
  for (const { fire_at } of fired) expect(fire_at.getTime()).toBeLessThan(Date.now() + 5_000);
});

test("what was read before a change or a pause does not fire by it", async () => {
  await put(daily, "2026-03-05T12:00:00Z");
  const seen = await only();
  await setup.deps.db.raw("update scheduler.schedules set cron = '0 5 * * *'");
  const early = at(setup.deps, "2026-03-06T03:30:00Z");
  expect(await fireDue(early, seen, daily.job)).toEqual({ jobs: 0, missed: 0 });
  await setup.deps.db.raw("update scheduler.schedules set cron = ?, paused = true", [daily.cron]);
  expect(await fireDue(early, seen, daily.job)).toEqual({ jobs: 0, missed: 0 });
  expect(await slots("daily")).toEqual([]);
});

test("one schedule that cannot be read does not hold back the others", async () => {
  const first: Schedule = { ...everySecond, name: "a-first" };
  await put(first, new Date().toISOString());
  await setup.deps.db.raw("update scheduler.schedules set cron = 'nonsense', edited_at = now()");
  clocks.push(await startClock(setup.deps, [first, everySecond], { lookMs: 300 }));
  await until("the other one fires", async () => (await slots("tick")).length > 1, { everyMs: 100 });
});

test("every schedule of the platform starts a job that a contract declares, and a wrong one is refused by name", () => {
  expect(() => checkSchedules(schedules)).not.toThrow();
  expect(() => checkSchedules([{ ...daily, job: "no.such" as Schedule["job"] }])).toThrow(/daily.*no\.such/);
  expect(() => checkSchedules([daily, daily])).toThrow(/two schedules daily/);
  expect(() => checkSchedules([{ ...daily, cron: "61 * * * *" }])).toThrow(/daily.*61/);
  expect(() => checkSchedules([{ ...daily, timezone: "Mars/Olympus" }])).toThrow(/daily.*Mars/);
});

test("a group that owns job types and has no process is named in the log", async () => {
  const said: string[] = [];
  const log = { ...setup.deps.log, warn: (_fields: unknown, sentence: string) => said.push(sentence) };
  clocks.push(await startClock({ ...setup.deps, log }, [daily], { graceMs: 0 }));
  expect(said).toContainEqual(
    expect.stringMatching(/^The group email has no process that is up: the jobs of its \d+ types/),
  );
});

test("the upkeep jobs run on a fresh system, twice in a row", async () => {
  const lines: string[] = [];
  const run: JobRun = {
    id: "x",
    attempt: 1,
    signal: new AbortController().signal,
    deps: setup.deps,
    log: (line) => lines.push(line),
    progress: () => undefined,
  };
  for (let round = 0; round < 2; round++) for (const job of [sweepOutbox, pruneJobs, cleanTokens]) await job(run);
  expect(lines.filter((line) => line.startsWith("history: 0 partitions made"))).toHaveLength(2);
});
