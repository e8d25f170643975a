// What people see of schedules and do with them, as actions with real SQL behind them.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Db } from "../../shared/db/knex.ts";
import { until } from "../helpers/processes.ts";
import { type ServedServices, serveServices } from "../helpers/service-broker.ts";

let served: ServedServices;
let db: Db;
beforeAll(async () => {
  served = await serveServices(() =>
    Promise.all([
      import("../../services/scheduler/schedules.service.ts"),
      import("../../services/scheduler/scheduler.service.ts"),
    ]),
  );
  const { depsOf } = await import("../../shared/broker/deps.ts");
  db = depsOf(served.broker).db;
});
afterAll(() => served.close());
beforeEach(async () => {
  // No slot of the platform's own schedules comes into between.
  await db.raw("update scheduler.schedules set paused = true, edited_at = null");
  await db.raw("truncate scheduler.schedule_slots; truncate jobs.jobs");
});

const name = "tokens.cleanup";
const refused = (promise: Promise<unknown>): Promise<{ type: string; data: { errors: { path: string }[] } }> =>
  promise.then(
    () => Promise.reject(new Error("nothing was refused")),
    (error) => error,
  );
const addSlot = (fireAt: Date, outcome: string, driftMs: number | null = null) =>
  db.raw("insert into scheduler.schedule_slots (schedule, fire_at, outcome, drift_ms) values (?, ?, ?, ?)", [
    name,
    fireAt,
    outcome,
    driftMs,
  ] as never);
const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000);

test("the list says of every schedule what it does, when it comes and how punctual it was", async () => {
  await db.raw("update scheduler.schedules set paused = false where name = ?", [name]);
  for (let n = 1; n <= 20; n++) await addSlot(ago(n), "fired", n * 10);
  for (const hours of [21, 22, 100, 200]) await addSlot(ago(hours), "missed");
  const { data } = await served.call("schedules.list", {});
  expect(data.map((one) => one.name)).toEqual([...data.map((one) => one.name)].sort());
  const found = data.find((one) => one.name === name);
  expect(found).toMatchObject({
    about: expect.stringContaining("expired"),
    job: name,
    cron: "0 1 * * *",
    paused: false,
    missed: { day: 2, week: 3 },
    last: { outcome: "fired", driftMs: 10, job: null },
    attended: true,
  });
  expect(found?.drift).toEqual({ p50Ms: 105, p99Ms: expect.closeTo(198.1, 1) });
  expect(found?.nextAt).toMatch(/T01:00:00.000Z$/);
  // The campaigns group does not run here.
  expect(data.find((one) => one.name === "campaign.due")).toMatchObject({ attended: false, nextAt: null, drift: null });
});

test("one schedule shows its next times in its zone and in UTC, and its slots newest first", async () => {
  await db.raw("update scheduler.schedules set timezone = 'America/New_York' where name = ?", [name]);
  for (let n = 0; n < 60; n++) await addSlot(ago(n), n === 0 ? "missed" : "fired", n === 0 ? null : 5);
  const shown = await served.call("schedules.get", { name });
  expect(shown.next).toHaveLength(5);
  for (const { at, local } of shown.next) {
    expect(local).toMatch(/T01:00:00-0[45]:00$/);
    expect(new Date(local).toISOString()).toBe(at);
  }
  expect(shown.slots).toHaveLength(50);
  expect(shown.slots[0]).toMatchObject({ outcome: "missed", driftMs: null });
  expect(shown.weekDrift).toEqual({ p50Ms: 5, p99Ms: 5 });
  const wrong = await refused(served.call("schedules.get", { name: "token.cleanup" }));
  expect(wrong).toMatchObject({ type: "SCHEDULE_NOT_FOUND", message: expect.stringContaining("tokens.cleanup?") });
});

test("a change is in force at once, does not reach back, and a reset gives the code's own back", async () => {
  await db.raw(
    "update scheduler.schedules set paused = false, last_fire_at = now() - interval '3 days' where name = ?",
    [name],
  );
  const changed = await served.call("schedules.update", { name, cron: " 30  2 * * 1-5", timezone: "europe/berlin" });
  expect(changed).toMatchObject({ cron: "30 2 * * 1-5", timezone: "Europe/Berlin", overlap: "skip", catchUp: "one" });
  expect(changed.editedAt).not.toBeNull();
  expect(changed.next[0]?.local).toMatch(/T02:30:00/);
  // What was due by the settings before is decided by them: of three days that passed, the last is made up for.
  expect(changed.slots.map(({ outcome }) => outcome)).toEqual(["fired", "missed", "missed"]);
  const later = await served.call("schedules.update", { name, catchUp: "all", overlap: "allow" });
  expect(later).toMatchObject({ cron: "30 2 * * 1-5", catchUp: "all", overlap: "allow" });
  const reset = await served.call("schedules.reset", { name });
  expect(reset).toMatchObject({ ...reset.own, cron: "0 1 * * *", editedAt: null });
});

test("what cannot be read is refused at its path, with what was found and an example", async () => {
  const wrong: [Record<string, string>, string, RegExp][] = [
    [{ cron: "61 * * * *" }, "cron", /61.*such as/],
    [{ cron: "* * * *" }, "cron", /found 4 fields; expected five/],
    [{ cron: "* * * * * *" }, "cron", /found 6 fields/],
    [{ cron: "@daily" }, "cron", /found 1 field;/],
    [{ cron: "H 4 * * *" }, "cron", /H stands for any value/],
    [{ cron: "0 4 31 2 *" }, "cron", /cannot be read/],
    [{ timezone: "Europe/Berlln" }, "timezone", /Berlln.*such as Europe\/Berlin/],
    [{ timezone: "+02:00" }, "timezone", /expected the name of a time zone/],
  ];
  for (const [change, path, message] of wrong) {
    const error = await refused(served.call("schedules.update", { name, ...change }));
    expect(error).toMatchObject({ type: "VALIDATION_FAILED" });
    expect(error.data.errors).toEqual([{ path, message: expect.stringMatching(message) }]);
    const timing = { cron: "0 4 * * *", timezone: "UTC", ...change };
    expect((await refused(served.call("schedules.preview", timing))).data.errors[0]?.path).toBe(path);
  }
  const both = await refused(served.call("schedules.preview", { cron: "x", timezone: "y" }));
  expect(both.data.errors.map(({ path }) => path)).toEqual(["cron", "timezone"]);
  expect((await served.call("schedules.get", { name })).editedAt).toBeNull();
});

test("a preview shows the next five times around a change of the clocks", async () => {
  const { next } = await served.call("schedules.preview", { cron: "*/15 * * * *", timezone: "Asia/Kathmandu" });
  expect(next).toHaveLength(5);
  expect(next.every(({ local }) => local.endsWith("+05:45"))).toBe(true);
});

test("a pause stops it at once, and what passed meanwhile is not made up for", async () => {
  await served.call("schedules.resume", { name });
  const paused = await served.call("schedules.pause", { name });
  expect(paused).toMatchObject({ paused: true, nextAt: null });
  await db.raw("update scheduler.schedules set last_fire_at = now() - interval '3 days' where name = ?", [name]);
  const resumed = await served.call("schedules.resume", { name });
  expect(resumed).toMatchObject({ paused: false, slots: [] });
  expect(resumed.nextAt).toBe(resumed.next[0]?.at);
});

test("running it now starts one job, says who did, and refuses while that one is not over", async () => {
  const caller = "01990000-0000-7000-8000-0000000000aa";
  const run = () => served.broker.call("schedules.run", { name }, { meta: { caller: { userId: caller } } });
  const { jobId } = (await run()) as { jobId: string };
  const error = await refused(run());
  expect(error).toMatchObject({
    type: "SCHEDULE_JOB_LIVE",
    message: expect.stringContaining(jobId),
    data: { jobId },
  });
  const shown = await served.call("schedules.get", { name });
  expect(shown).toMatchObject({
    paused: true,
    drift: null,
    last: { outcome: "by-hand", startedBy: caller, driftMs: null, job: { id: jobId, state: "queued" } },
  });
  expect(shown.slots).toHaveLength(1);
  await served.call("schedules.update", { name, overlap: "allow" });
  await Promise.all([run(), run(), run()]);
  expect((await served.call("schedules.get", { name })).slots).toHaveLength(4);
});

test("a schedule that was changed to come at once fires without waiting for a look", async () => {
  await served.call("schedules.update", { name, cron: "* * * * *" });
  await served.call("schedules.resume", { name });
  // The minute that is about to end is brought near instead of waited for.
  await db.raw("update scheduler.schedules set last_fire_at = now() - interval '61 seconds' where name = ?", [name]);
  await served.call("schedules.update", { name: "jobs.prune", catchUp: "skip" });
  const slot = await until("the slot has fired", async () => (await served.call("schedules.get", { name })).slots[0]);
  expect(slot).toMatchObject({ outcome: "fired", job: { state: "queued" } });
});
