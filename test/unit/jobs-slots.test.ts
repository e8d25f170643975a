// Slots and retries as pure logic: who may start, who waits, who goes back, and when a failure is tried again.
import { expect, test } from "vitest";
import { attemptError, fingerprint, retryDelay } from "../../shared/jobs/retry-policy.ts";
import { createSlots, type Slotted } from "../../shared/jobs/slots.ts";
import type { Lane } from "../../shared/streams/stream-keys.ts";

interface Job extends Slotted {
  readonly n: number;
}

const table = (limits: Record<string, number> = {}, slots = 10, reserved = 2) => {
  let now = 0;
  const begun: Job[] = [];
  const back: { job: Job; crowd: number }[] = [];
  const created = createSlots<Job>({
    slots,
    reserved,
    limitOf: (type) => limits[type],
    now: () => now,
    begin: (job) => begun.push(job),
    giveBack: (job, crowd) => back.push({ job, crowd }),
  });
  let n = 0;
  const jobs = (count: number, lane: Lane, type = "a"): Job[] =>
    Array.from({ length: count }, () => ({ n: ++n, lane, type }));
  return { slots: created, begun, back, jobs, pass: (ms: number) => (now += ms) };
};

test("normal work leaves the reserved slots to urgent work, and low work leaves half to normal work", () => {
  const { slots, begun, jobs } = table();
  slots.take(jobs(20, "low"));
  expect(begun).toHaveLength(4);
  slots.take(jobs(20, "normal"));
  expect(begun).toHaveLength(8);
  expect([slots.free("low"), slots.free("normal")]).toEqual([0, 0]);
  slots.take(jobs(5, "high"));
  expect(begun.filter(({ lane }) => lane === "high")).toHaveLength(2);
  expect(slots.free("high")).toBe(0);
});

test("a slot that becomes free goes to the most urgent job that waits", () => {
  const { slots, begun, jobs } = table({}, 2, 0);
  slots.take(jobs(2, "normal"));
  slots.take(jobs(1, "low"));
  slots.take(jobs(1, "normal"));
  slots.take(jobs(1, "high"));
  for (const job of [...begun]) slots.ended(job, 5);
  expect(begun.slice(2).map(({ lane }) => lane)).toEqual(["high", "normal"]);
});

test("jobs are claimed ahead only while they are short", () => {
  const { slots, begun, jobs } = table();
  expect(slots.free("normal")).toBe(8);
  slots.take(jobs(300, "normal"));
  for (let index = 0; index < 300; index++) slots.ended(begun[index] as Job, 0.1);
  expect(slots.free("normal")).toBeGreaterThan(300);
  slots.take(jobs(60, "normal"));
  for (let index = 300; index < 340; index++) slots.ended(begun[index] as Job, 500);
  expect(slots.free("normal")).toBe(0);
});

test("a job that waits too long goes back, and nothing more is claimed ahead", () => {
  const { slots, begun, back, jobs, pass } = table();
  slots.take(jobs(300, "normal"));
  for (let index = 0; index < 300; index++) slots.ended(begun[index] as Job, 0.1);
  slots.take(jobs(20, "normal"));
  pass(500);
  slots.tidy();
  expect(back).toHaveLength(0);
  pass(600);
  slots.tidy();
  expect(back.map(({ crowd }) => crowd)).toEqual(Array(12).fill(0));
  expect(slots.free("normal")).toBe(0);
});

test("a type at its limit takes no slot from others, and its crowd goes back with growing numbers", () => {
  const { slots, begun, back, jobs } = table({ slow: 2 });
  slots.take([...jobs(6, "normal", "slow"), ...jobs(5, "normal", "quick")]);
  expect(begun.map(({ type }) => type)).toEqual(["slow", "slow", ...Array(5).fill("quick")]);
  expect(back.map(({ crowd }) => crowd)).toEqual([1, 2]);
  slots.ended(begun[0] as Job, 100);
  expect(begun.filter(({ type }) => type === "slow")).toHaveLength(3);
  expect(slots.clear()).toHaveLength(1);
});

test("the wait before a retry is anywhere below a ceiling that doubles up to its cap", () => {
  const ceilings = [1, 2, 3, 4, 10, 1_000].map((attempt) =>
    retryDelay(attempt, { backoffMs: 100, backoffCapMs: 1_000 }, () => 1),
  );
  expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(retryDelay(3, { backoffMs: 100 }, () => 0)).toBe(0);
});

test("failures of the same kind have the same fingerprint, whatever their message", () => {
  const thrower = (message: string) =>
    attemptError(Object.assign(new RangeError(message), { stack: "RangeError\n    at f (a.ts:1:2)" }), 1, new Date(0));
  const one = thrower("7 of 9");
  expect(one).toMatchObject({
    attempt: 1,
    at: "1970-01-01T00:00:00.000Z",
    class: "RangeError",
    frames: ["f (a.ts:1:2)"],
  });
  expect(fingerprint("x", one)).toBe(fingerprint("x", thrower("8 of 9")));
  expect(fingerprint("y", one)).not.toBe(fingerprint("x", one));
  expect(attemptError("a text", 1, new Date(0)).message).toContain("string was thrown");
  expect(thrower("half \ud800 and \u0000").message).toBe("half \ufffd and ");
});
