// The outbox: events leave with their transaction, again when Redis lost them, and go when everyone has read them.
import type { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { enqueueMany } from "../../shared/jobs/enqueue.ts";
import { publish, publishMany } from "../../shared/jobs/outbox.ts";
import { maintainHistory, pruneOutbox } from "../../shared/jobs/prune.ts";
import { createRelay, type Relay } from "../../shared/jobs/relay.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { readEpoch } from "../../shared/streams/publish.ts";
import { freshDatabase, freshRedis, startRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const stream = "lc:events:contact";
const jobStream = "lc:jobs:campaigns:default:normal";

interface Setup {
  readonly db: Db;
  readonly redis: Redis;
  readonly relays: readonly Relay[];
}

const setUp = async (count = 1, redisUrl = freshRedis().url): Promise<Setup> => {
  const database = await freshDatabase();
  const db = connectPostgres(database.url, 8);
  const redis = connectRedis(redisUrl, "test", { log: silent });
  const relays = Array.from({ length: count }, () =>
    createRelay({ db, redis, log: silent, leaseMs: 2_000, sweepMs: 200, missingMs: 500 }),
  );
  open.push(
    database.drop,
    () => db.destroy(),
    () => redis.disconnect(),
    () => Promise.all(relays.map((relay) => relay.stop())),
  );
  return { db, redis, relays };
};
const start = ({ relays }: Setup) => {
  for (const relay of relays) relay.start();
};
const inOrder = ({ redis }: Setup) => until("the epoch is written", () => readEpoch(redis));
const eventIds = async (redis: Redis) => (await redis.xrange(stream, "-", "+")).map(([, fields]) => fields[1] ?? "");
const jobIds = async (redis: Redis) => (await redis.xrange(jobStream, "-", "+")).map(([, fields]) => fields[1] ?? "");
const contact = { contactId: makeId() };

test("nothing is published while another process writes the first epoch, so that a first start is not told as a loss", async () => {
  const setup = await setUp();
  await setup.redis.set("lc:epoch:recovery", "another process", "PX", 60_000);
  start(setup);
  await setup.db.transaction((trx) => publish(trx, "contact.created", contact));
  await setup.relays[0]?.sweep();
  expect(await setup.redis.exists(stream)).toBe(0);
  await setup.redis.del("lc:epoch:recovery");
  await until("it is there", async () => (await setup.redis.xlen(stream)) === 1);
});

test("an event is in its stream after the commit, whole, and without a sweep", async () => {
  const setup = await setUp();
  start(setup);
  await inOrder(setup);
  const headers = { requestId: "r-1" };
  const id = await setup.db.transaction((trx) => publish(trx, "contact.created", contact, { headers }));
  const [entry] = await until("it is there", async () => {
    const entries = await setup.redis.xrange(stream, "-", "+");
    return entries.length > 0 && entries;
  });
  const fields = entry?.[1] ?? [];
  expect(fields.slice(0, 4)).toEqual(["id", id, "type", "contact.created"]);
  expect(JSON.parse(fields[7] ?? "")).toEqual(contact);
  expect(JSON.parse(fields[9] ?? "")).toEqual(headers);
});

test("an event of a transaction that is rolled back is never published, and a wrong payload is refused", async () => {
  const { db } = await setUp();
  const failing = db.transaction(async (trx) => {
    await publish(trx, "contact.created", contact);
    throw new Error("rolled back");
  });
  await expect(failing).rejects.toThrow("rolled back");
  expect(await db("jobs.outbox").count("* as n")).toEqual([{ n: "0" }]);
  const wrong = db.transaction((trx) => publish(trx, "contact.created", { contactId: "no uuid" }));
  await expect(wrong).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
});

test("several relays share the work and publish everything once", async () => {
  const setup = await setUp(3);
  start(setup);
  await inOrder(setup);
  const wanted = new Set<string>();
  for (let batch = 0; batch < 10; batch++) {
    const contacts = Array.from({ length: 300 }, () => ({ contactId: makeId() }));
    for (const id of await setup.db.transaction((trx) => publishMany(trx, "contact.created", contacts))) wanted.add(id);
    const inputs = Array.from({ length: 300 }, () => ({ campaignId: makeId() }));
    await setup.db.transaction((trx) => enqueueMany(trx, "campaign.launch", inputs));
  }
  await until(
    "all are there",
    async () => (await setup.redis.xlen(stream)) >= 3_000 && (await setup.redis.xlen(jobStream)) >= 3_000,
  );
  const ids = await eventIds(setup.redis);
  expect(ids).toHaveLength(3_000);
  expect(new Set(ids)).toEqual(wanted);
  expect(new Set(await jobIds(setup.redis)).size).toBe(3_000);
  expect(await setup.redis.xlen(jobStream)).toBe(3_000);
});

test("an emptied Redis is filled again with every event and job that is not confirmed", async () => {
  const setup = await setUp(2);
  start(setup);
  await inOrder(setup);
  const { db, redis } = setup;
  const events = await db.transaction((trx) =>
    publishMany(
      trx,
      "contact.created",
      Array.from({ length: 50 }, () => contact),
    ),
  );
  const jobs = await db.transaction((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: 50 }, () => ({ campaignId: makeId() })),
    ),
  );
  await until("all are there", async () => (await redis.xlen(stream)) === 50 && (await redis.xlen(jobStream)) === 50);
  await redis.flushdb();
  await until(
    "all are there again",
    async () => (await redis.xlen(stream)) >= 50 && (await redis.xlen(jobStream)) >= 50,
  );
  expect(new Set(await eventIds(redis))).toEqual(new Set(events));
  expect(new Set(await jobIds(redis))).toEqual(new Set(jobs));
});

test("entries that are gone from a job stream are noticed by themselves", async () => {
  const setup = await setUp();
  start(setup);
  await inOrder(setup);
  const { db, redis } = setup;
  const jobs = await db.transaction((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: 3 }, () => ({ campaignId: makeId() })),
    ),
  );
  await until("all are there", async () => (await redis.xlen(jobStream)) === 3);
  await redis.del(jobStream);
  await until("they are back", async () => new Set(await jobIds(redis)).size === 3);
  expect(new Set(await jobIds(redis))).toEqual(new Set(jobs));
});

test("a Redis that was killed and came back gets again what it may have lost", async () => {
  const server = await startRedis();
  open.push(() => server.stop());
  const setup = await setUp(1, server.url);
  start(setup);
  const { db, redis } = setup;
  const before = await inOrder(setup);
  const id = await db.transaction((trx) => publish(trx, "contact.created", contact));
  await until("it is there", async () => (await redis.xlen(stream)) === 1);
  await server.kill9();
  const late = await db.transaction((trx) => publish(trx, "contact.created", contact));
  await server.restart();
  await until("Redis has another epoch", async () => ![before, null].includes(await readEpoch(redis)));
  await until("both are there", async () => new Set(await eventIds(redis)).size === 2);
  expect(new Set(await eventIds(redis))).toEqual(new Set([id, late]));
});

test("events go from the outbox when every group has read them, and not before", async () => {
  const setup = await setUp();
  start(setup);
  await inOrder(setup);
  const { db, redis } = setup;
  await db.transaction((trx) => publishMany(trx, "contact.created", [contact, contact, contact]));
  await until("all are confirmed", async () => (await db("jobs.outbox").whereNotNull("published_at")).length === 3);
  await redis.xgroup("CREATE", stream, "fast", "0");
  await redis.xgroup("CREATE", stream, "slow", "0");
  await db.raw("update jobs.outbox set published_at = now() - interval '1 minute'");
  const prune = () => pruneOutbox(db, redis, { keepMs: 30_000 });
  const read = async (group: string) => {
    const answer = (await redis.xreadgroup("GROUP", group, "c", "COUNT", 10, "STREAMS", stream, ">")) as
      | [string, [string, string[]][]][]
      | null;
    return answer?.[0]?.[1].map(([id]) => id) ?? [];
  };
  await redis.xack(stream, "fast", ...(await read("fast")));
  // The slow group has read nothing: by its position the age is that of the epoch of time.
  expect((await prune()).deleted).toBe(0);
  await redis.xack(stream, "slow", ...(await read("slow")));
  expect((await prune()).deleted).toBe(3);
});

test("history gets partitions ahead of time and loses the old ones", async () => {
  const { db } = await setUp();
  await db.raw("select jobs.make_history_partition(current_date - 20)");
  await db.raw("drop table jobs.?? ", [
    `history_${new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "_")}`,
  ]);
  const { made, dropped } = await maintainHistory(db, 14);
  expect(made).toHaveLength(1);
  expect(dropped).toHaveLength(1);
  expect(await maintainHistory(db, 14)).toEqual({ made: [], dropped: [] });
});
