// Redis that is flushed, killed, restarted or cuts its connections: readers recover by themselves and say so quietly.
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { publishEvents, publishJobs, streamKeys } from "../../shared/streams/publish.ts";
import { type EventEntry, newEvent } from "../../shared/streams/stream-entry.ts";
import { startRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { pendingOf, testReader, testRedis } from "../helpers/streams.ts";

const type = "message.delivered";
const stream = "lc:events:message";
const events = (count: number) => Array.from({ length: count }, () => newEvent(type, {}));

const privateRedis = async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
};

/** As the relay does: a batch that may not have arrived is published again. */
const publishStubbornly = async (redis: Redis, batch: readonly EventEntry[]) => {
  await until("the batch is published", async () => (await publishEvents(redis, batch)).length === batch.length);
};

test("after FLUSHALL events and jobs flow again, without a flood in the log", async () => {
  const { url } = await privateRedis();
  const redis = testRedis(url);
  const seen = new Set<string>();
  const { reader, log } = testReader(url, { on: { [type]: async ({ id }) => seen.add(id) } });
  const key = streamKeys.jobs("campaigns", "default", "normal");
  const jobs: string[] = [];
  const onEntries = async (entries: { jobId: string }[]) => void jobs.push(...entries.map(({ jobId }) => jobId));
  reader.consumeJobs({ streams: { high: [], normal: [key], low: [] }, freeSlots: () => 10, onEntries });
  for (let round = 0; round < 5; round++) {
    await redis.flushall();
    const batch = events(10);
    await publishEvents(redis, batch);
    await publishJobs(redis, [{ stream: key, jobId: `job-${round}`, type: "x" }]);
    await until("they are handled", () => batch.every(({ id }) => seen.has(id)) && jobs.length === round + 1);
  }
  await until("all are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
  expect(log.lines.length).toBeLessThan(10);
});

test("a FLUSHALL while handlers run harms neither the reader nor what is published afterwards", async () => {
  const { url } = await privateRedis();
  const redis = testRedis(url);
  const gate = Promise.withResolvers<void>();
  let started = 0;
  let finished = 0;
  const handle = async () => {
    started++;
    await gate.promise;
    finished++;
  };
  testReader(url, { limits: { leaseMs: 300 }, on: { [type]: handle } });
  await publishEvents(redis, events(20));
  await until("all run", () => started === 20);
  await redis.flushall();
  await publishEvents(redis, events(5));
  await until("the new ones run too", () => started === 25);
  gate.resolve();
  await until("all are done", async () => finished === 25 && (await pendingOf(redis, stream)) === 0);
});

test("Redis killed with -9 and started again, over and over: every published event is handled", async () => {
  const server = await privateRedis();
  const redis = testRedis(server.url);
  const wanted = new Set<string>();
  const seen = new Set<string>();
  const { log } = testReader(server.url, { on: { [type]: async ({ id }) => seen.add(id) } });
  for (let round = 0; round < 3; round++) {
    const before = events(300);
    for (const { id } of before) wanted.add(id);
    await publishStubbornly(redis, before);
    await server.kill9();
    const during = events(100);
    for (const { id } of during) wanted.add(id);
    const publishing = publishStubbornly(redis, during);
    await server.restart();
    await publishing;
  }
  await until("all are handled", () => [...wanted].every((id) => seen.has(id)));
  await until("all are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
  expect(log.lines.length).toBeLessThan(40);
});

test("a Redis that is away for longer than the lease does not make running events run twice", async () => {
  const server = await privateRedis();
  const redis = testRedis(server.url);
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const handle = async () => {
    runs++;
    await gate.promise;
  };
  // Well above the longest pause between two attempts to connect, as in production.
  const limits = { leaseMs: 6_000 };
  testReader(server.url, { limits, on: { [type]: handle } });
  testReader(server.url, { limits, on: { [type]: handle } });
  await publishEvents(redis, events(10));
  await until("all run", () => runs === 10);
  await server.kill9();
  const begin = performance.now();
  await until("a lease has passed", () => performance.now() - begin > 6_500, { everyMs: 100 });
  await server.restart();
  const back = performance.now();
  await until("both had time to claim", () => performance.now() - back > 9_000, { everyMs: 100 });
  expect(runs).toBe(10);
  gate.resolve();
  await until("all are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
  expect(runs).toBe(10);
});

test("connections that Redis cuts again and again freeze nobody and lose nothing", async () => {
  const { url } = await privateRedis();
  const redis = testRedis(url);
  const seen = new Set<string>();
  const wanted: string[] = [];
  const { log } = testReader(url, { on: { [type]: async ({ id }) => seen.add(id) } });
  for (let round = 0; round < 10; round++) {
    const batch = events(50);
    wanted.push(...batch.map(({ id }) => id));
    await publishEvents(redis, batch);
    await redis.client("KILL", "TYPE", "normal", "SKIPME", "yes");
    await until("half are handled", () => seen.size > wanted.length / 2);
  }
  await until("all are handled", () => wanted.every((id) => seen.has(id)));
  await until("all are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
  expect(log.lines.length).toBeLessThan(80);
});

test("a reader stops while Redis is away, and what it held is delivered again", async () => {
  const server = await privateRedis();
  const redis = testRedis(server.url);
  let started = 0;
  const hold = ({ signal }: { signal: AbortSignal }) => {
    started++;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const { reader } = testReader(server.url, { on: { [type]: hold } });
  await publishEvents(redis, events(5));
  await until("all run", () => started === 5);
  await server.kill9();
  await reader.stop(200);
  await server.restart();
  let handled = 0;
  testReader(server.url, { on: { [type]: async () => handled++ } });
  await until("all are handled", async () => handled === 5 && (await pendingOf(redis, stream)) === 0);
});
