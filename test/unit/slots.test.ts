// Times of schedules around the changes of clocks, found forwards and backwards alike.
import { expect, test } from "vitest";
import { dueSlots, nextSlot, nextSlots, refuseTiming, type Timing } from "../../services/scheduler/slots.ts";
import { localIso } from "../../shared/lib/wall-time.ts";

/** The slots between two instants, as local times, and the same when one asks for the next one again and again. */
const between = (timing: Timing, from: string, to: string): string[] => {
  const back = dueSlots(timing, new Date(from), new Date(to));
  const forth: Date[] = [];
  for (let at = nextSlot(timing, new Date(from)); at <= new Date(to); at = nextSlot(timing, at)) forth.push(at);
  expect(forth).toEqual(back);
  return back.map((at) => localIso(timing.timezone, at));
};

const berlin = "Europe/Berlin";
const newYork = "America/New_York";
const lordHowe = "Australia/Lord_Howe";

test.each([
  [berlin, "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "29T03:00:00+02:00 30T02:30:00+02:00"],
  [berlin, "0,15,30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", "29T03:00:00+02:00"],
  [newYork, "30 2 * * *", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z", "08T03:00:00-04:00 09T02:30:00-04:00"],
  [lordHowe, "15 2 * * *", "2026-10-03T00:00:00Z", "2026-10-04T20:00:00Z", "04T02:30:00+11:00 05T02:15:00+11:00"],
])("in %s a time that is left out (%s) comes once, when the clocks jump over it", (timezone, cron, from, to, days) => {
  const found = between({ cron, timezone }, from, to);
  expect(found.map((at) => at.slice(8)).join(" ")).toBe(days);
});

test.each([
  [berlin, "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", "25T02:30:00+02:00 26T02:30:00+01:00"],
  [newYork, "30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z", "01T01:30:00-04:00 02T01:30:00-05:00"],
  [lordHowe, "45 1 * * *", "2026-04-04T00:00:00Z", "2026-04-05T20:00:00Z", "05T01:45:00+11:00 06T01:45:00+10:30"],
])("in %s a time that comes twice (%s) counts the first time", (timezone, cron, from, to, days) => {
  const found = between({ cron, timezone }, from, to);
  expect(found.map((at) => at.slice(8)).join(" ")).toBe(days);
});

test.each([
  [berlin, "*/30 * * * *", "2026-10-24T23:45:00Z", "2026-10-25T02:00:00Z", "02:00 02:30 02:00 02:30 03:00"],
  [berlin, "*/30 * * * *", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", "01:30 03:00 03:30 04:00"],
  [newYork, "*/30 * * * *", "2026-11-01T04:45:00Z", "2026-11-01T07:00:00Z", "01:00 01:30 01:00 01:30 02:00"],
  [lordHowe, "*/20 * * * *", "2026-04-04T14:05:00Z", "2026-04-04T15:30:00Z", "01:20 01:40 01:40 02:00"],
  [lordHowe, "*/20 * * * *", "2026-10-03T15:00:00Z", "2026-10-03T16:00:00Z", "01:40 02:30 02:40 03:00"],
])("in %s a schedule of every hour (%s) goes on through the change", (timezone, cron, from, to, times) => {
  const found = between({ cron, timezone }, from, to);
  expect(found.map((at) => at.slice(11, 16)).join(" ")).toBe(times);
});

test("forwards and backwards agree for a year in zones of every kind, and one comes each day", () => {
  const zones = ["UTC", berlin, newYork, lordHowe, "Asia/Kathmandu", "Africa/Casablanca", "America/St_Johns"];
  for (const timezone of zones) {
    const found = between({ cron: "10 2 * * *", timezone }, "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z");
    expect(new Set(found.map((at) => at.slice(0, 10))).size, timezone).toBe(365);
    expect(found.length, timezone).toBe(365);
  }
});

test("the next times go over months and leap years, and an expression that never comes is refused", () => {
  const next = nextSlots({ cron: "0 4 29 2 *", timezone: "UTC" }, new Date("2026-01-01T00:00:00Z"), 2);
  expect(next.map((at) => at.toISOString().slice(0, 10))).toEqual(["2028-02-29", "2032-02-29"]);
  expect(refuseTiming({ cron: "0 4 31 2 *", timezone: "UTC" })).toMatch(/day of month/);
  expect(refuseTiming({ cron: "0 4 * * *", timezone: "Mars/Olympus" })).toMatch(/Mars/);
  expect(refuseTiming({ cron: "0 4 * * 1-5", timezone: berlin })).toBeUndefined();
});
