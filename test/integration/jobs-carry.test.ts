// The short way of jobs that are due when they are enqueued: into their stream right after the commit, and never lost on it.
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { offerCarrier } from "../../shared/jobs/carry.ts";
import type { DueJob } from "../../shared/jobs/due.ts";
import { type EnqueueOptions, enqueue, enqueueMany } from "../../shared/jobs/enqueue.ts";
import { hold } from "../../shared/jobs/holds.ts";
import { createRelay, type Relay } from "../../shared/jobs/relay.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { readEpoch } from "../../shared/streams/publish.ts";
import { streamKeys } from "../../shared/streams/stream-keys.ts";
import { freshDatabase, freshRedis, startRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { countedLog, testRedis } from "../helpers/streams.ts";
import { wireTo } from "../helpers/wire.ts";

const stream = streamKeys.jobs("campaigns", "default", "normal");
const input = () => ({ campaignId: makeId() });
let db: Db;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await freshDatabase();
  db = connectPostgres(database.url, 6);
  drop = database.drop;
});
beforeEach(() => db.raw("truncate jobs.jobs, jobs.holds"));
afterAll(async () => {
  await db.destroy();
  await drop();
});

/** A relay that hardly ever sweeps, so that what arrives came the short way. */
const relayOn = (url: string, sweepMs = 60_000, redis = testRedis(url)): Relay => {
  const relay = createRelay({ db, redis, log: countedLog(), leaseMs: 1_000, sweepMs, missingMs: 500 });
  relay.start();
  onTestFinished(() => relay.stop());
  return relay;
};

const add = (options: EnqueueOptions = {}) =>
  db.transaction((trx) => enqueue(trx, "campaign.launch", input(), options));
const marked = () => query<{ id: string; published_at: Date | null }>(db, "select id, published_at from jobs.jobs");

test("a job that is due is in its stream after the commit, marked in the statement that enqueued it", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await until("Redis is there", () => redis.status === "ready");
  relayOn(url);
  await until("the epoch is written", () => readEpoch(redis));
  const id = await add();
  const [entry] = await until("it is there", async () => {
    const entries = await redis.xrange(stream, "-", "+");
    return entries.length > 0 && entries;
  });
  expect(entry?.[1]).toEqual(["id", id, "type", "campaign.launch"]);
  // A second statement would have left another version of the row.
  expect(await query(db, "select ctid::text from jobs.jobs")).toEqual([{ ctid: "(0,1)" }]);
});

test("jobs of a rolled back transaction, of a savepoint, for later and of a held type do not go the short way", async () => {
  const carried: DueJob[] = [];
  onTestFinished(offerCarrier({ isOpen: () => true, carry: (jobs) => void carried.push(...jobs) }));
  await expect(
    db.transaction(async (trx) => {
      await enqueue(trx, "campaign.launch", input());
      throw new Error("rolled back");
    }),
  ).rejects.toThrow("rolled back");
  await db.transaction((trx) => trx.transaction((inner) => enqueue(inner, "campaign.launch", input())));
  await add({ runAt: new Date(Date.now() + 60_000) });
  await hold(db, { kind: "type", name: "campaign.launch" }, { userId: null, reason: null });
  await add();
  expect(carried).toEqual([]);
  expect((await marked()).map((row) => row.published_at)).toEqual([null, null, null]);
});

test("of one transaction some thousand jobs go the short way, and the rest waits for the relays", async () => {
  const carried: DueJob[] = [];
  onTestFinished(offerCarrier({ isOpen: () => true, carry: (jobs) => void carried.push(...jobs) }));
  await db.transaction((trx) => enqueueMany(trx, "campaign.launch", Array.from({ length: 7_000 }, input)));
  const rows = await marked();
  expect(rows).toHaveLength(7_000);
  expect(new Set(carried.map(({ id }) => id))).toEqual(
    new Set(rows.filter((row) => row.published_at !== null).map(({ id }) => id)),
  );
  expect(carried).toHaveLength(5_000);
});

test("a process that dies between commit and stream leaves jobs that another finds and publishes", async () => {
  const { url } = freshRedis();
  const forget = offerCarrier({ isOpen: () => true, carry: () => undefined });
  const id = await add();
  forget();
  expect((await marked())[0]?.published_at).not.toBeNull();
  relayOn(url, 100);
  const redis = testRedis(url);
  const [entry] = await until("it is published after all", async () => {
    const entries = await redis.xrange(stream, "-", "+");
    return entries.length > 0 && entries;
  });
  expect(entry?.[1]).toContain(id);
});

test("a Redis that goes away between commit and stream gets the jobs when it is back", async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const redis = testRedis(server.url);
  const relay = relayOn(server.url, 100);
  await until("Redis is there", () => redis.status === "ready");
  await relay.sweep();
  const ids: (string | undefined)[] = [];
  for (let i = 0; i < 50; i++) {
    if (i === 20) await server.kill9();
    ids.push(await add());
  }
  await server.restart();
  await until("all of them are in their stream", async () => {
    const entries = await redis.xrange(stream, "-", "+");
    const there = new Set(entries.map(([, fields]) => fields[1]));
    return ids.every((id) => there.has(id ?? ""));
  });
});

test("a connection to Redis that falls silent without being closed holds jobs up for seconds, not for good", async () => {
  const { url } = freshRedis();
  const wire = await wireTo(url);
  const redis = testRedis(url);
  relayOn(wire.url, 100, testRedis(wire.url, 1_000));
  await until("the epoch is written", () => readEpoch(redis));
  wire.silence();
  const ids = [await add(), await add({ runAt: new Date(Date.now() + 100) })];
  await until("both are in their stream", async () => {
    const there = new Set((await redis.xrange(stream, "-", "+")).map(([, fields]) => fields[1]));
    return ids.every((id) => there.has(id ?? ""));
  });
});

test("parked jobs that nothing holds come back however many they are, also while something else is held for long", async () => {
  const redis = testRedis(freshRedis().url);
  await until("Redis is there", () => redis.status === "ready");
  await hold(db, { kind: "queue", name: "sms" }, { userId: null, reason: null });
  await db.raw(
    `insert into jobs.jobs (id, type, group_name, queue, state, input, run_at, published_at)
     select gen_random_uuid(), 'campaign.launch', 'campaigns', 'default', 'queued', '{}', now(), 'infinity'
     from generate_series(1, 2500)`,
  );
  const relay = createRelay({ db, redis, log: countedLog(), leaseMs: 1_000, unparkMs: 1 });
  onTestFinished(() => relay.stop());
  for (let looks = 0; looks < 4; looks++) await relay.sweep();
  const left = await query(db, "select 1 from jobs.jobs where published_at = 'infinity'");
  expect(left).toHaveLength(0);
});
