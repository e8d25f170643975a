// Dead letters: collected into Postgres, where they outlive Redis, and what operators do with them.
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  actOnLetters,
  dropLetter,
  replayLetter,
  revealLetter,
  showLetter,
  showLetters,
} from "../../services/scheduler/operations/letters.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { oldestEventSeconds, waitingEvents } from "../../shared/jobs/backlog.ts";
import { collectDeadLetters } from "../../shared/jobs/collect-letters.ts";
import { pruneLetters } from "../../shared/jobs/dead-letters.ts";
import { eraseJobs } from "../../shared/jobs/erase-jobs.ts";
import { createRelay } from "../../shared/jobs/relay.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { deadLetters } from "../../shared/streams/dead-letters.ts";
import { publishEvents } from "../../shared/streams/publish.ts";
import { type EventEntry, newEvent } from "../../shared/streams/stream-entry.ts";
import { until } from "../helpers/processes.ts";
import { pendingOf, testReader } from "../helpers/streams.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

const type = "message.delivered";
const stream = "lc:events:message";
let house: TestDeps;
let deps: Deps;
let redis: Redis;
let relay: ReturnType<typeof createRelay>;

beforeAll(async () => {
  house = await useCaseDeps();
  ({ deps } = house);
  ({ redis } = deps);
  relay = createRelay({ db: deps.db, redis, log: deps.log, leaseMs: 2_000 });
});
beforeEach(async () => {
  await redis.flushdb();
  await deps.db.raw("truncate jobs.dead_letters, jobs.outbox");
});
afterAll(() => house.close());

const ctx = <P extends object>(params: P, userId?: string) => ({
  params,
  meta: userId
    ? { caller: { userId, email: "owner@example.org", role: "owner" as const, abilities: ["admin" as const] } }
    : {},
});
const list = (more: object = {}) => showLetters(deps, { limit: 50, ...more });

/** As a reader buries an event. */
const bury = (event: EventEntry, group = "campaigns", error = "no such template") =>
  redis.xadd(
    `lc:dead:${group}`,
    "*",
    ...["stream", stream, "entry", "5-1", "group", group, "error", error, "attempts", "10"],
    ...["at", new Date().toISOString(), "raw:id", event.id, "raw:type", event.type, "raw:at", event.at],
    ...["raw:data", JSON.stringify(event.data), "raw:headers", JSON.stringify(event.headers ?? {})],
  );
const some = (count: number, data: unknown = { messageId: makeId(), to: "ada@example.org" }) =>
  Array.from({ length: count }, () => newEvent(type, data));

test("letters are collected once, by however many at once, and outlive an emptied Redis", async () => {
  for (const event of some(120)) await bury(event);
  await redis.xadd(
    "lc:dead:email",
    "*",
    "stream",
    "lc:jobs:email:emails:low",
    "entry",
    "1-1",
    "error",
    "no id",
    "raw:x",
    "y",
  );
  await Promise.all([collectDeadLetters(deps.db, redis), collectDeadLetters(deps.db, redis)]);
  expect(await deadLetters(redis).count("campaigns")).toBe(0);
  await redis.flushdb();
  const { data, groups, nextCursor } = await list({ limit: 100 });
  expect(groups).toEqual([
    { group: "campaigns", count: 120 },
    { group: "email", count: 1 },
  ]);
  expect(data).toHaveLength(100);
  const rest = await list({ limit: 100, cursor: nextCursor });
  expect(rest.data).toHaveLength(21);
  expect(new Set([...data, ...rest.data].map(({ id }) => id)).size).toBe(121);
  expect(await list({ group: "email" })).toMatchObject({ data: [{ error: "no id", eventId: null, state: "dead" }] });
});

test("a relay collects them by itself", async () => {
  const own = createRelay({ db: deps.db, redis, log: deps.log, leaseMs: 2_000, missingMs: 50 });
  await bury(some(1)[0] as EventEntry);
  own.start();
  await until("it is in Postgres", async () => {
    const { rows } = await deps.db.raw<{ rows: unknown[] }>("select 1 from jobs.dead_letters");
    return rows.length === 1;
  });
  await own.stop();
});

test("a replayed event reaches its group alone, under its own id, and a second death tells of the first", async () => {
  let broken = true;
  const seen: string[] = [];
  const other: string[] = [];
  const handle = async ({ id }: { id: string }) => {
    if (broken) throw new Error("no such template");
    seen.push(id);
  };
  testReader(house.redisUrl, { limits: { maxAttempts: 1 }, on: { [type]: handle } });
  testReader(house.redisUrl, { group: "contacts", on: { [type]: async ({ id }) => other.push(id) } });
  const [event] = some(1) as [EventEntry];
  await publishEvents(redis, [event]);
  await until("it is dead", async () => (await deadLetters(redis).count("campaigns")) === 1);
  const [first] = (await list()).data;
  expect(first).toMatchObject({ group: "campaigns", type, eventId: event.id, error: "no such template", attempts: 1 });

  const user = makeId();
  const letter = first?.id ?? "";
  expect(await replayLetter(deps, ctx({ id: letter }, user))).toMatchObject({ state: "replayed", settledBy: user });
  await expect(replayLetter(deps, ctx({ id: letter }))).rejects.toMatchObject({ type: "DEAD_LETTER_SETTLED" });
  await relay.sweep();
  await until("it died again", async () => (await deadLetters(redis).count("campaigns")) === 1);
  const [second] = (await list({ state: "dead" })).data;
  expect(await showLetter(deps, second?.id ?? "")).toMatchObject({
    eventId: event.id,
    otherDeaths: [{ id: letter, state: "replayed", settledBy: user }],
  });

  broken = false;
  await replayLetter(deps, ctx({ id: second?.id ?? "" }, user));
  await relay.sweep();
  await until("it is handled", () => seen.length === 1);
  await until("everybody is done", async () => {
    const pending = await Promise.all(["campaigns", "contacts"].map((group) => pendingOf(redis, stream, group)));
    return pending.every((count) => count === 0);
  });
  expect(seen).toEqual([event.id]);
  expect(other).toEqual([event.id]);
  expect((await list({ state: "dead" })).groups).toEqual([]);
});

test("a replay that Redis loses before it was read is published again", async () => {
  const [event] = some(1) as [EventEntry];
  await bury(event);
  const [letter] = (await list()).data;
  await replayLetter(deps, ctx({ id: letter?.id ?? "" }));
  await relay.sweep();
  await until("it is published", async () => (await redis.xlen(stream)) === 1);
  await redis.flushdb();
  const again = await until("it is published again", async () => {
    await relay.sweep();
    return (await redis.xrange(stream, "-", "+"))[0];
  });
  expect(again[1].slice(-2)).toEqual(["only", "campaigns"]);
  expect(again[1][1]).toBe(event.id);
});

test("many are replayed or dropped by group and type after a dry run; what cannot be read is dropped only", async () => {
  for (const event of some(30)) await bury(event);
  for (const event of some(5)) await bury(event, "contacts");
  await redis.xadd("lc:dead:campaigns", "*", "stream", stream, "entry", "9-1", "error", "no JSON", "raw:id", "x");
  const filter = { group: "campaigns" };
  expect(await actOnLetters(deps, ctx({ act: "replay" as const, ...filter, dryRun: true }))).toEqual({
    matched: 30,
    done: 0,
  });
  expect(await actOnLetters(deps, ctx({ act: "replay" as const, ...filter, dryRun: false }))).toEqual({
    matched: 30,
    done: 30,
  });
  const { rows } = await deps.db.raw<{ rows: { n: number; only_group: string }[] }>(
    "select only_group, count(*)::int as n from jobs.outbox group by 1",
  );
  expect(rows).toEqual([{ only_group: "campaigns", n: 30 }]);
  const [unreadable] = (await list({ state: "dead", group: "campaigns" })).data;
  await expect(replayLetter(deps, ctx({ id: unreadable?.id ?? "" }))).rejects.toMatchObject({
    type: "DEAD_LETTER_UNREADABLE",
  });
  expect(await dropLetter(deps, ctx({ id: unreadable?.id ?? "" }))).toMatchObject({ state: "dropped" });
  expect(await actOnLetters(deps, ctx({ act: "drop" as const, type, dryRun: false }))).toEqual({ matched: 5, done: 5 });
  expect((await list()).groups).toEqual([]);
  await expect(actOnLetters(deps, ctx({ act: "drop" as const, dryRun: false }))).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
  });
  await expect(dropLetter(deps, ctx({ id: makeId() }))).rejects.toMatchObject({ type: "DEAD_LETTER_NOT_FOUND" });
});

test("content is masked until it is asked for, and goes with the person", async () => {
  const messageId = makeId();
  await bury(newEvent(type, { messageId, to: "ada@example.org", tries: 3, ok: true }), "campaigns", "ada@example.org?");
  await redis.xadd(
    "lc:dead:campaigns",
    "*",
    "stream",
    stream,
    "entry",
    "2",
    "error",
    "bad",
    "raw:data",
    Buffer.from([0, 255]),
  );
  const { data } = await list();
  const [broken, whole] = data.map(({ id }) => id) as [string, string];
  expect((await showLetter(deps, whole)).masked).toEqual({
    messageId,
    to: "text, 15 characters",
    tries: "a number",
    ok: "yes or no",
  });
  expect((await showLetter(deps, broken)).masked).toEqual({ data: "text, 11 characters" });
  expect((await revealLetter(deps, broken)).fields).toEqual({ data: "base64:AP8=" });
  expect((await revealLetter(deps, whole)).fields.data).toContain("ada@example.org");
  await deps.db.transaction((trx) => eraseJobs(trx, [], "ada@example\\.org"));
  expect(JSON.stringify([await revealLetter(deps, whole), await showLetter(deps, whole)])).not.toContain("ada@");
});

test("letters that were decided about go after their days; open ones stay", async () => {
  for (const event of some(3)) await bury(event);
  const [first, second] = (await list()).data;
  await dropLetter(deps, ctx({ id: first?.id ?? "" }));
  await dropLetter(deps, ctx({ id: second?.id ?? "" }));
  await deps.db.raw(
    "update jobs.dead_letters set settled_at = now() - interval '15 days', died_at = now() - interval '90 days' where id <> ?",
    [second?.id ?? ""],
  );
  expect(await pruneLetters(deps.db, 14)).toBe(1);
  expect((await list()).data.map(({ state }) => state).sort()).toEqual(["dead", "dropped"]);
});

test("a replay of an old event counts as waiting since it was asked for, not since the event", async () => {
  const [event] = some(1);
  await bury({ ...(event as EventEntry), at: new Date(Date.now() - 3 * 86_400_000).toISOString() });
  const [letter] = (await list()).data;
  await replayLetter(deps, ctx({ id: letter?.id ?? "" }));
  expect(await oldestEventSeconds(deps.db)).toBeLessThan(60);
  expect(await waitingEvents(deps.db, 10)).toBe(1);
});
