// Trimming that spares unread work, the epoch, and what a Redis URL turns into.
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisOptions } from "../../shared/streams/connections.ts";
import { publishEvents, readEpoch, writeEpoch } from "../../shared/streams/publish.ts";
import { newEvent } from "../../shared/streams/stream-entry.ts";
import { trimEvents } from "../../shared/streams/trim.ts";
import { freshRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { pendingOf, testReader, testRedis } from "../helpers/streams.ts";

const stream = "lc:events:message";

/** Entries whose ids say that they are so old, in ms. */
const aged = async (redis: Redis, ages: readonly number[], now: number) => {
  for (const [n, age] of ages.entries()) await redis.xadd(stream, `${now - age}-${n}`, "id", String(n));
};

test("trimming removes old events that every group has finished, and only those", async () => {
  const redis = testRedis(freshRedis().url);
  const now = Date.now();
  await aged(redis, [90_000, 80_000, 70_000, 1_000], now);
  await redis.xgroup("CREATE", stream, "campaigns", "0");
  await redis.xreadgroup("GROUP", "campaigns", "c", "COUNT", 10, "STREAMS", stream, ">");
  const ids = (await redis.xrange(stream, "-", "+")).map(([id]) => id);
  await redis.xack(stream, "campaigns", ids[0] ?? "", ids[1] ?? "");
  expect(await trimEvents(redis, { olderThanMs: 60_000, now })).toEqual([
    { stream, removed: 2, remaining: 2, heldBackBy: "campaigns" },
  ]);
  await redis.xack(stream, "campaigns", ids[2] ?? "");
  expect(await trimEvents(redis, { olderThanMs: 60_000, now })).toEqual([{ stream, removed: 1, remaining: 1 }]);
});

test("a group that has not read holds its stream back, and a stream without groups is trimmed by age", async () => {
  const redis = testRedis(freshRedis().url);
  const now = Date.now();
  await aged(
    redis,
    Array.from({ length: 500 }, (_, n) => 100_000 - n),
    now,
  );
  await redis.xgroup("CREATE", stream, "slow", "0");
  expect(await trimEvents(redis, { olderThanMs: 60_000, now })).toEqual([
    { stream, removed: 0, remaining: 500, heldBackBy: "slow" },
  ]);
  await redis.xgroup("DESTROY", stream, "slow");
  expect(await trimEvents(redis, { olderThanMs: 60_000, now })).toEqual([{ stream, removed: 500, remaining: 0 }]);
});

test("consumers that are gone for good are removed, those with something pending are not", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await redis.xgroup("CREATE", stream, "campaigns", "0", "MKSTREAM");
  const [first] = await publishEvents(redis, [newEvent("message.opened", {}), newEvent("message.opened", {})]);
  const read = (consumer: string) =>
    redis.xreadgroup("GROUP", "campaigns", consumer, "COUNT", 1, "STREAMS", stream, ">");
  await read("gone");
  await read("held");
  await redis.xack(stream, "campaigns", first ?? "");
  testReader(url, {
    consumer: "alive",
    limits: { leaseMs: 600, forgetConsumerMs: 300, blockMs: 50 },
    on: { "contact.created": async () => undefined, "message.delivered": async () => undefined },
  });
  const names = async () => {
    const consumers = (await redis.xinfo("CONSUMERS", stream, "campaigns")) as (string | number)[][];
    return consumers.map((info) => info[info.indexOf("name") + 1]);
  };
  await until("the one without anything is gone", async () => !(await names()).includes("gone"));
  // What the other held is taken over first; only then has it nothing left and goes too.
  await until("the other follows", async () => String(await names()) === "alive");
  expect(await pendingOf(redis, stream)).toBe(0);
});

test("the epoch is gone exactly when Redis lost its state", async () => {
  const redis = testRedis(freshRedis().url);
  expect(await readEpoch(redis)).toBeNull();
  await writeEpoch(redis, "epoch-1");
  expect(await readEpoch(redis)).toBe("epoch-1");
  await redis.flushdb();
  expect(await readEpoch(redis)).toBeNull();
});

test("publishing rejects when Redis refuses an entry, and a name without a family is not published", async () => {
  const redis = testRedis(freshRedis().url);
  await redis.set(stream, "not a stream");
  await expect(publishEvents(redis, [newEvent("message.opened", {})])).rejects.toThrow("WRONGTYPE");
  await expect(publishEvents(redis, [newEvent("delivered", {})])).rejects.toThrow("not an event name");
});

test("a Redis URL becomes options that wait for ever and resolve both address families", () => {
  const options = redisOptions("rediss://user:p%40ss@redis.internal:6380/3");
  expect(options).toMatchObject({ host: "redis.internal", port: 6380, username: "user", password: "p@ss", db: 3 });
  expect(options).toMatchObject({ tls: {}, family: 0, maxRetriesPerRequest: null });
  expect(redisOptions("redis://[::1]:6379").host).toBe("::1");
  const delays = [1, 5, 50].map((attempt) => options.retryStrategy?.(attempt));
  expect(delays.every((delay) => typeof delay === "number" && delay <= 2_000)).toBe(true);
  expect(() => redisOptions("http://localhost")).toThrow("cannot be read");
});
