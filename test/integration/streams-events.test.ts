// Events through one group's reader on real Redis: slots, retries, leases, poison and where reading begins.
import { expect, onTestFinished, test } from "vitest";
import { deadLetters } from "../../shared/streams/dead-letters.ts";
import { createEventSlots } from "../../shared/streams/event-slots.ts";
import { publishEvents } from "../../shared/streams/publish.ts";
import { createReaderContext } from "../../shared/streams/reader-context.ts";
import type { Arrival } from "../../shared/streams/source.ts";
import { type EventEntry, eventFields, newEvent } from "../../shared/streams/stream-entry.ts";
import { streamKeys } from "../../shared/streams/stream-keys.ts";
import { freshRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { countedLog, pendingOf, testReader, testRedis } from "../helpers/streams.ts";

const type = "message.delivered";
const stream = "lc:events:message";
const events = (count: number, of = type) => Array.from({ length: count }, (_, n) => newEvent(of, { n }));
const numberOf = (event: { data: unknown }) => (event.data as { n: number }).n;

/** A promise with its settling, for handlers that end when the test says so. */
const gate = () => Promise.withResolvers<void>();

test("what was published before the first consumer came is handled too", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await publishEvents(redis, events(3));
  const seen: number[] = [];
  testReader(url, { on: { [type]: async (event) => seen.push(numberOf(event)) } });
  await until("all three are handled", async () => seen.length === 3 && (await pendingOf(redis, stream)) === 0);
});

test("events nobody in the group listens to are acknowledged at once and stay in the stream for other groups", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const seen: string[] = [];
  testReader(url, { on: { [type]: async (event) => seen.push(event.type) } });
  await publishEvents(redis, [...events(20, "message.opened"), ...events(1)]);
  await until("the wanted one is handled", async () => seen.length === 1 && (await pendingOf(redis, stream)) === 0);
  expect(seen).toEqual([type]);
  expect(await redis.xlen(stream)).toBe(21);
});

test("one slow event holds up nobody: others are handled and acknowledged beside it", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const slow = gate();
  const seen: number[] = [];
  const handle = async (event: { data: unknown }) => {
    if (numberOf(event) === 0) await slow.promise;
    seen.push(numberOf(event));
  };
  testReader(url, { limits: { maxInFlight: 5 }, on: { [type]: handle } });
  await publishEvents(redis, events(40));
  await until("39 are handled", async () => seen.length === 39 && (await pendingOf(redis, stream)) === 1);
  slow.resolve();
  await until("the slow one too", async () => (await pendingOf(redis, stream)) === 0);
});

test("never more events run at once than the limit says", async () => {
  const { url } = freshRedis();
  let running = 0;
  let most = 0;
  let done = 0;
  const handle = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 3));
    running--;
    done++;
  };
  const { redis } = testReader(url, { limits: { maxInFlight: 3 }, on: { [type]: handle, "contact.created": handle } });
  await publishEvents(redis, [...events(50), ...events(50, "contact.created")]);
  await until("all are handled", () => done === 100);
  expect(most).toBe(3);
});

test("a handler that runs longer than its lease runs once, and its event is not dead-lettered meanwhile", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  let runs = 0;
  const long = () => {
    runs++;
    return new Promise((resolve) => setTimeout(resolve, 1_500));
  };
  const limits = { leaseMs: 300, maxAttempts: 1 };
  testReader(url, { limits, on: { [type]: long } });
  testReader(url, { limits, on: { [type]: long } });
  await publishEvents(redis, events(1));
  await until("it is handled", async () => runs > 0 && (await pendingOf(redis, stream)) === 0);
  expect(runs).toBe(1);
  expect(await deadLetters(redis).count("campaigns")).toBe(0);
});

test("a failing event is tried again with its attempts counted, then goes to the dead letters of its group alone", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const letters = deadLetters(redis);
  const attempts: number[] = [];
  const other: number[] = [];
  const handle = async (event: { attempt: number }) => {
    attempts.push(event.attempt);
    throw new Error("no such template");
  };
  testReader(url, { on: { [type]: handle } });
  testReader(url, { group: "contacts", on: { [type]: async (event) => other.push(numberOf(event)) } });
  const [event] = events(1);
  await publishEvents(redis, event ? [event] : []);
  await until("it is a dead letter", async () => (await letters.count("campaigns")) === 1);
  expect(attempts).toEqual([1, 2, 3]);
  const [letter] = await letters.oldest(["contacts", "campaigns"]);
  expect(letter).toMatchObject({
    group: "campaigns",
    stream,
    error: "no such template",
    attempts: 3,
    type,
    subject: event?.id,
  });
  expect(await pendingOf(redis, stream)).toBe(0);
  await until("the other group is done", async () => other.length === 1);
  await letters.forget(letter ? [letter] : []);
  expect(await letters.count("campaigns")).toBe(0);
});

test("an event that is meant for one group is passed over by the others", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const seen: string[] = [];
  testReader(url, { on: { [type]: async () => seen.push("campaigns") } });
  testReader(url, { group: "contacts", on: { [type]: async () => seen.push("contacts") } });
  await publishEvents(redis, [{ ...newEvent(type, {}), only: "contacts" }, newEvent("message.opened", {})]);
  await until("both are done with it", async () => {
    const pending = await Promise.all(["campaigns", "contacts"].map((group) => pendingOf(redis, stream, group)));
    return seen.length > 0 && pending.every((count) => count === 0);
  });
  expect(seen).toEqual(["contacts"]);
});

test("of several handlers only the one that failed runs again", async () => {
  const { url } = freshRedis();
  const { reader, redis } = testReader(url);
  const ran: string[] = [];
  reader.subscribe({ type, handle: async () => ran.push("sound") });
  reader.subscribe({
    type,
    handle: async (event) => {
      ran.push("shaky");
      if (event.attempt === 1) throw new Error("once");
    },
  });
  reader.openEvents();
  await publishEvents(redis, events(1));
  await until("both succeeded", async () => ran.length === 3 && (await pendingOf(redis, stream)) === 0);
  expect(ran.sort()).toEqual(["shaky", "shaky", "sound"]);
});

test("entries that cannot be read go to the dead letters with their bytes, and the reader goes on", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const seen: number[] = [];
  const on = { [type]: async (event: { data: unknown }) => seen.push(numberOf(event)) };
  testReader(url, { on });
  await redis.xadd(stream, "*", "what", "is this");
  await redis.xadd(stream, "*", "id", "1", "type", type, "at", "now", "data", "{broken");
  await redis.xadd(stream, "*", "id", "2", "type", type, "at", "now", "data", Buffer.from([0xff, 0xfe, 0x00]));
  await redis.xadd(stream, "*", "id", "3", "type", type, "at", "now", "data", "x".repeat(1_000_000));
  await publishEvents(redis, events(1));
  const letters = deadLetters(redis);
  await until("the good one is handled", async () => seen.length === 1 && (await letters.count("campaigns")) === 4);
  const data = await letters.oldest(["campaigns"]);
  const byError = data.map((letter) => letter.error).sort();
  expect(byError[0]).toBe("The entry has no id, type, at, data");
  expect(byError.slice(1).every((error) => error.startsWith("data is not JSON"))).toBe(true);
  const binary = data.find((letter) => letter.subject === "2");
  expect(binary?.fields.data).toBe(`base64:${Buffer.from([0xff, 0xfe, 0x00]).toString("base64")}`);
  await until("all are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
});

test("a reader that stops leaves what it could not finish pending, and removes its consumer only without it", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  let started = 0;
  const never = () => {
    started++;
    return gate().promise;
  };
  const { reader } = testReader(url, { consumer: "stuck", on: { [type]: never } });
  const idle = testReader(url, { consumer: "quick", on: { "message.opened": async () => undefined } });
  await until("the idle one has joined", async () => Number(await redis.exists(stream)) === 1);
  await idle.reader.stop(100);
  await publishEvents(redis, events(5));
  await until("all run", () => started === 5);
  await reader.stop(50);
  expect(await pendingOf(redis, stream)).toBe(5);
  const consumers = JSON.stringify(await redis.xinfo("CONSUMERS", stream, "campaigns"));
  expect(consumers).toContain("stuck");
  expect(consumers).not.toContain("quick");
  const handled: number[] = [];
  testReader(url, { on: { [type]: async (event) => handled.push(numberOf(event)) } });
  await until(
    "another consumer handled them",
    async () => handled.length === 5 && (await pendingOf(redis, stream)) === 0,
  );
});

test("a consumer that comes back under its name takes up what it had been given without waiting for the lease", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await redis.xgroup("CREATE", stream, "campaigns", "0", "MKSTREAM");
  await publishEvents(redis, events(150));
  await redis.xreadgroup("GROUP", "campaigns", "same", "COUNT", 150, "STREAMS", stream, ">");
  const seen: number[] = [];
  testReader(url, {
    consumer: "same",
    limits: { leaseMs: 60_000 },
    on: { [type]: async (event) => seen.push(event.attempt) },
  });
  await until("all are handled", async () => seen.length === 150 && (await pendingOf(redis, stream)) === 0);
  expect(new Set(seen)).toEqual(new Set([2]));
});

test("an event that was handed out too often without being finished is buried before it runs again", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await redis.xgroup("CREATE", stream, "campaigns", "0", "MKSTREAM");
  const [id] = await publishEvents(redis, events(1));
  await redis.xreadgroup("GROUP", "campaigns", "dead", "STREAMS", stream, ">");
  await redis.xclaim(stream, "campaigns", "dead", 0, id ?? "", "RETRYCOUNT", 3, "JUSTID");
  let ran = 0;
  testReader(url, { on: { [type]: async () => ran++ } });
  const letters = deadLetters(redis);
  await until("it is buried", async () => (await letters.count("campaigns")) === 1);
  expect((await letters.oldest(["campaigns"]))[0]?.error).toBe("Handed out 3 times and never finished");
  expect(ran).toBe(0);
});

test("a handler whose lease was lost is told by its signal, and its failure touches nothing", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const lost = gate();
  const handle = (event: { signal: AbortSignal }) =>
    new Promise((_, reject) =>
      event.signal.addEventListener("abort", () => {
        lost.resolve();
        reject(event.signal.reason);
      }),
    );
  testReader(url, { on: { [type]: handle } });
  const [id] = await publishEvents(redis, events(1));
  await until("it runs", async () => (await pendingOf(redis, stream)) === 1);
  await redis.xclaim(stream, "campaigns", "another", 0, id ?? "");
  await lost.promise;
  const [pending] = (await redis.xpending(stream, "campaigns", "-", "+", 10)) as [string, string][];
  expect(pending?.[1]).toBe("another");
});

test("an acknowledgement that Redis refuses is tried again until it succeeds; the event does not run again", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await redis.acl("SETUSER", "flaky", "on", "nopass", "~*", "&*", "+@all", "-xack");
  onTestFinished(async () => void (await redis.acl("DELUSER", "flaky")));
  const seen: number[] = [];
  const handle = async (event: { data: unknown }) => seen.push(numberOf(event));
  const { log } = testReader(url.replace("redis://", "redis://flaky:any@"), { on: { [type]: handle } });
  await publishEvents(redis, events(10));
  await until("it was refused", () => log.lines.some((line) => line.includes("NOPERM")));
  await publishEvents(redis, events(10));
  await until("the next are handled all the same", () => seen.length === 20);
  expect(await pendingOf(redis, stream)).toBe(20);
  await redis.acl("SETUSER", "flaky", "+xack");
  await until("all are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
  expect(seen).toHaveLength(20);
  expect(log.lines.filter((line) => line.includes("Acknowledging")).length).toBeLessThanOrEqual(2);
});

/** The slots alone, so that what comes when is the test's to say. */
const slotsAlone = (maxInFlight: number) => {
  const redis = testRedis(freshRedis().url);
  const none = () => undefined;
  const context = createReaderContext({
    ...{ redis, group: "campaigns", consumer: "one", log: countedLog(), limits: { maxInFlight } },
    ...{ wake: none, changed: none },
  });
  onTestFinished(() => context.close(100));
  const slots = createEventSlots(context);
  slots.open();
  const arrival = (event: EventEntry, number: number, attempt = 1): Arrival => ({
    stream: streamKeys.eventOf(event.type),
    entry: [`${number}-0`, eventFields(event)],
    attempt,
  });
  return { slots, arrival };
};

test("an event that was lost while it waited for a slot, and came back, runs once", async () => {
  const { slots, arrival } = slotsAlone(2);
  const [one, two, third] = events(3).map((event, n) => arrival(event, n)) as [Arrival, Arrival, Arrival];
  const [begin, end] = [gate(), gate()];
  const ran: number[] = [];
  const handle = async (event: EventEntry) => {
    ran.push(numberOf(event));
    await (numberOf(event) < 2 ? begin : end).promise;
  };
  slots.subscribe({ type, handle });
  slots.accept([one, two, third]);
  slots.lost(stream, ["2-0"]);
  slots.accept([{ ...third, attempt: 2 }]);
  begin.resolve();
  await until("it runs", () => ran.length > 2);
  end.resolve();
  await until("all have ended", () => slots.room(stream) === 2);
  expect(ran).toEqual([0, 1, 2]);
});

test("a handler that ignored its signal leaves its slot to those that wait when it ends after all", async () => {
  const { slots, arrival } = slotsAlone(1);
  const end = gate();
  const ignoring = { type, handle: () => end.promise };
  let others = 0;
  slots.subscribe(ignoring);
  slots.subscribe({ type: "contact.imported", handle: async () => void others++ });
  slots.accept([arrival(newEvent(type, {}), 1), arrival(newEvent("contact.imported", {}), 2)]);
  await slots.unsubscribe(ignoring, 0);
  expect(others).toBe(0);
  end.resolve();
  await until("the other one runs", () => others === 1);
});
