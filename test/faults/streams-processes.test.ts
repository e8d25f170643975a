// Consumers that are killed, frozen, or killed by the event itself: real processes, real Redis.
import { expect, onTestFinished, test } from "vitest";
import { deadLetters } from "../../shared/streams/dead-letters.ts";
import { publishEvents } from "../../shared/streams/publish.ts";
import { newEvent } from "../../shared/streams/stream-entry.ts";
import { freshRedis } from "../helpers/infrastructure.ts";
import { startNode, until } from "../helpers/processes.ts";
import { pendingOf, testReader, testRedis } from "../helpers/streams.ts";

const type = "message.delivered";
const stream = "lc:events:message";
const leaseMs = 600;

interface Told {
  readonly started?: string;
  readonly finished?: string;
  readonly aborted?: string;
}

const startConsumer = (url: string, name: string, behaviour: "hold" | "crash" | "work") => {
  const child = startNode(["test/helpers/streams-consumer.ts", url, name, String(leaseMs), behaviour], {});
  onTestFinished(() => child.kill9());
  const told = (what: keyof Told) => (child.messages as Told[]).flatMap((message) => message[what] ?? []);
  return { ...child, told };
};

test("what a killed consumer held is taken over after the lease, and nothing is lost", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const events = Array.from({ length: 20 }, () => newEvent(type, {}));
  const victim = startConsumer(url, "victim", "hold");
  await publishEvents(redis, events);
  await until("the victim has all of them", () => victim.told("started").length === 20);
  const attempts = new Map<string, number>();
  testReader(url, { limits: { leaseMs }, on: { [type]: async ({ id, attempt }) => attempts.set(id, attempt) } });
  // Alive, it keeps them past the lease.
  const begin = performance.now();
  await until("three leases have passed", () => performance.now() - begin > leaseMs * 3, { everyMs: 100 });
  expect(attempts.size).toBe(0);
  await victim.kill9();
  await until("all are handled", async () => attempts.size === 20 && (await pendingOf(redis, stream)) === 0);
  expect(new Set(attempts.values())).toEqual(new Set([2]));
  expect(victim.told("finished")).toEqual([]);
});

test("consumers killed over and over in the middle of their work lose nothing", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const wanted = new Set<string>();
  const handled = new Set<string>();
  for (let round = 0; round < 4; round++) {
    const consumer = startConsumer(url, `mortal-${round}`, "work");
    const events = Array.from({ length: 300 }, () => newEvent(type, {}));
    for (const { id } of events) wanted.add(id);
    await publishEvents(redis, events);
    await until("it is in the middle of it", () => consumer.told("finished").length > 100, { everyMs: 2 });
    await consumer.kill9();
    for (const id of consumer.told("finished")) handled.add(id);
  }
  testReader(url, { limits: { leaseMs }, on: { [type]: async ({ id }) => handled.add(id) } });
  await until("all are handled", async () => handled.size === wanted.size && (await pendingOf(redis, stream)) === 0);
  expect(await deadLetters(redis).count("campaigns")).toBe(0);
});

test("a consumer that was frozen past its lease learns that its events belong to another", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const frozen = startConsumer(url, "frozen", "hold");
  const events = Array.from({ length: 5 }, () => newEvent(type, {}));
  await publishEvents(redis, events);
  await until("it has all of them", () => frozen.told("started").length === 5);
  frozen.signal("SIGSTOP");
  const release = Promise.withResolvers<void>();
  let taken = 0;
  const hold = async () => {
    taken++;
    await release.promise;
  };
  testReader(url, { consumer: "other", limits: { leaseMs }, on: { [type]: hold } });
  await until("the other has taken them over", () => taken === 5);
  frozen.signal("SIGCONT");
  await until("the frozen one aborted its handlers", () => frozen.told("aborted").length === 5);
  const owners = (await redis.xpending(stream, "campaigns", "-", "+", 10)) as [string, string][];
  expect(new Set(owners.map(([, owner]) => owner))).toEqual(new Set(["other"]));
  release.resolve();
  await until("all are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
  expect(taken).toBe(5);
  expect(await deadLetters(redis).count("campaigns")).toBe(0);
});

test("an event that kills every process that tries it ends in the dead letters", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const letters = deadLetters(redis);
  await publishEvents(redis, [newEvent(type, { poison: true })]);
  for (let n = 0; n < 3; n++) {
    const consumer = startConsumer(url, `killed-${n}`, "crash");
    expect(await consumer.exited).toBe("SIGKILL");
  }
  const seen: string[] = [];
  testReader(url, { limits: { leaseMs }, on: { [type]: async ({ id }) => seen.push(id) } });
  await until("it is buried", async () => (await letters.count("campaigns")) === 1);
  expect((await letters.oldest(["campaigns"]))[0]?.error).toBe("Handed out 3 times and never finished");
  expect(seen).toEqual([]);
});
