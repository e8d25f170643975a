// Job entries through one group's reader on real Redis: lanes and their slots, claims that fail, consumers that die.
import { expect, onTestFinished, test } from "vitest";
import { createBlockingRead } from "../../shared/streams/blocking-read.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { deadLetters } from "../../shared/streams/dead-letters.ts";
import { type JobEntry, readerConnection } from "../../shared/streams/group-reader.ts";
import { createJobLanes } from "../../shared/streams/job-lanes.ts";
import { type Lane, publishEvents, publishJobs, streamKeys } from "../../shared/streams/publish.ts";
import { createReaderContext } from "../../shared/streams/reader-context.ts";
import { newEvent } from "../../shared/streams/stream-entry.ts";
import { freshRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { countedLog, pendingOf, testReader, testRedis } from "../helpers/streams.ts";
import { wireTo } from "../helpers/wire.ts";

const key = (lane: Lane, queue = "emails") => streamKeys.jobs("email", queue, lane);
const streams = { high: [key("high")], normal: [key("normal"), key("normal", "default")], low: [key("low")] };
const jobs = (lane: Lane, count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({
    stream: key(lane),
    jobId: `${lane}-${from + n}`,
    type: "email.send-batch",
  }));

const emailReader = (url: string, options: object = {}) => testReader(url, { group: "email", ...options });

test("entries come with job id and type, and are acknowledged and deleted once they are claimed", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await publishJobs(redis, jobs("normal", 2));
  const { reader } = emailReader(url);
  const offered: JobEntry[] = [];
  const claim = Promise.withResolvers<void>();
  const onEntries = (entries: JobEntry[]) => {
    offered.push(...entries);
    return claim.promise;
  };
  reader.consumeJobs({ streams, freeSlots: () => 10, onEntries });
  await until("they are offered", () => offered.length === 2);
  expect(offered[0]).toMatchObject({ stream: key("normal"), jobId: "normal-0", type: "email.send-batch" });
  expect(await pendingOf(redis, key("normal"), "email")).toBe(2);
  claim.resolve();
  await until("they are gone", async () => (await redis.xlen(key("normal"))) === 0);
  expect(await pendingOf(redis, key("normal"), "email")).toBe(0);
});

test("a lane without free slots is not read, the high lane is, and wake() lets a freed slot be used at once", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { reader } = emailReader(url, { limits: { blockMs: 600_000 } });
  const slots = { high: 5, normal: 0, low: 0 };
  const offered: string[] = [];
  const onEntries = async (entries: JobEntry[]) => void offered.push(...entries.map(({ jobId }) => jobId));
  reader.consumeJobs({ streams, freeSlots: (lane) => slots[lane], onEntries });
  await publishJobs(redis, [...jobs("normal", 1), ...jobs("low", 1)]);
  await publishJobs(redis, jobs("high", 1));
  await until("the high one is offered", () => offered.length === 1);
  expect(offered).toEqual(["high-0"]);
  for (let n = 1; n <= 20; n++) {
    slots.normal = 1;
    // Without it the reader would wait for longer than the test.
    reader.wake();
    await until("the normal one is offered", () => offered.length === n + 1, { everyMs: 1 });
    slots.normal = 0;
    await publishJobs(redis, jobs("normal", 1, n));
  }
  expect(offered.some((id) => id.startsWith("low"))).toBe(false);
});

test("a wake during a wake is not lost: the read that began in between is interrupted as well", async () => {
  const { url } = freshRedis();
  const { reader, redis } = emailReader(url, { limits: { blockMs: 60_000 } });
  const isBlocked = async () => {
    const clients = String(await redis.client("LIST")).split("\n");
    const own = clients.filter((line) => line.includes(`db=${redis.options.db} `) && line.includes("reader:email"));
    return own.some((line) => line.includes(" flags=b "));
  };
  // Redis has ended the blocked read, its answer to who asked for that is on its way: held here.
  const unblocked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const client = redis.client.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  redis.client = (async (...args: unknown[]) => {
    const result = await client(...args);
    if (args[0] === "UNBLOCK" && result === 1) {
      unblocked.resolve();
      await answer.promise;
    }
    return result;
  }) as typeof redis.client;
  const slots = { high: 5, normal: 0, low: 0 };
  const offered: string[] = [];
  const onEntries = async (entries: JobEntry[]) => void offered.push(...entries.map(({ jobId }) => jobId));
  reader.consumeJobs({ streams, freeSlots: (lane) => slots[lane], onEntries });
  await publishJobs(redis, jobs("normal", 1));
  await until("it waits for the high lane", isBlocked);
  reader.wake();
  await unblocked.promise;
  await until("it waits anew", isBlocked);
  slots.normal = 1;
  reader.wake();
  answer.resolve();
  await until("the normal one is offered", () => offered.length === 1);
});

test("no more entries are offered than slots are free, but for one per further stream of the lane", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { reader } = emailReader(url);
  const inDefault = jobs("normal", 60).map((job) => ({ ...job, stream: key("normal", "default") }));
  await publishJobs(redis, [...jobs("normal", 60), ...inDefault]);
  let free = 7;
  let most = 0;
  let total = 0;
  const onEntries = async (entries: JobEntry[]) => {
    most = Math.max(most, entries.length);
    total += entries.length;
    free -= entries.length;
    setTimeout(() => {
      free += entries.length;
      reader.wake();
    }, 2);
  };
  reader.consumeJobs({ streams, freeSlots: (lane) => (lane === "normal" ? free : 0), onEntries });
  await until("all are offered", () => total === 120);
  expect(most).toBeLessThanOrEqual(8);
});

test("high entries come before normal and low ones of the same read", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await publishJobs(redis, [...jobs("low", 2), ...jobs("normal", 2), ...jobs("high", 2)]);
  const { reader } = emailReader(url);
  const offered: string[] = [];
  const onEntries = async (entries: JobEntry[]) => void offered.push(...entries.map(({ jobId }) => jobId));
  reader.consumeJobs({ streams, freeSlots: () => 10, onEntries });
  await until("all are offered", () => offered.length === 6);
  expect(offered).toEqual(["high-0", "high-1", "normal-0", "normal-1", "low-0", "low-1"]);
});

test("when the claim fails the same entries are offered again, and nothing more of the lane is read meanwhile", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { reader, log } = emailReader(url);
  const offers: string[][] = [];
  const onEntries = async (entries: JobEntry[]) => {
    offers.push(entries.map(({ jobId }) => jobId));
    if (offers.length < 4) throw new Error("Postgres is away");
  };
  await publishJobs(redis, jobs("normal", 3));
  reader.consumeJobs({ streams, freeSlots: () => 100, onEntries });
  await until("it was tried once", () => offers.length === 1);
  await publishJobs(redis, jobs("normal", 2, 3));
  await until("all are claimed", async () => (await redis.xlen(key("normal"))) === 0);
  const first = ["normal-0", "normal-1", "normal-2"];
  expect(offers).toEqual([first, first, first, first, ["normal-3", "normal-4"]]);
  expect(log.lines.filter((line) => line.includes("Claiming jobs"))).toHaveLength(2);
});

test("entries of a consumer that died before the claim are offered to another after the lease", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  await redis.xgroup("CREATE", key("normal"), "email", "0", "MKSTREAM");
  await publishJobs(redis, jobs("normal", 3));
  await redis.xreadgroup("GROUP", "email", "dead", "COUNT", 10, "STREAMS", key("normal"), ">");
  const { reader } = emailReader(url);
  const offered: string[] = [];
  const onEntries = async (entries: JobEntry[]) => void offered.push(...entries.map(({ jobId }) => jobId));
  reader.consumeJobs({ streams, freeSlots: () => 10, onEntries });
  await until("they are offered", () => offered.length === 3);
  await until("they are gone", async () => (await redis.xlen(key("normal"))) === 0);
});

test("an entry without a job id goes to the dead letters and leaves its stream", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { reader } = emailReader(url);
  reader.consumeJobs({ streams, freeSlots: () => 10, onEntries: async () => undefined });
  await redis.xadd(key("low"), "*", "type", "email.send-batch");
  const letters = deadLetters(redis);
  await until("it is buried", async () => (await letters.count("email")) === 1);
  expect((await letters.oldest(["email"]))[0]).toMatchObject({ stream: key("low"), error: "The entry has no id" });
  expect(await redis.xlen(key("low"))).toBe(0);
});

test("a paused reader takes no jobs but goes on with events, and takes jobs again when it is resumed", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const seen: string[] = [];
  const { reader } = emailReader(url, { on: { "message.opened": async () => seen.push("event") } });
  reader.consumeJobs({ streams, freeSlots: () => 10, onEntries: async () => void seen.push("job") });
  reader.pause();
  await publishJobs(redis, jobs("high", 1));
  await publishEvents(redis, [newEvent("message.opened", {})]);
  await until("the event is handled", () => seen.length > 0);
  expect(seen).toEqual(["event"]);
  expect(await redis.xlen(key("high"))).toBe(1);
  reader.resume();
  await until("the job is offered", () => seen.length === 2);
});

test("a reader that stops waits for the claim under way, and leaves unclaimed entries to others at once", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const limits = { leaseMs: 5_000 };
  const first = emailReader(url, { limits });
  const claim = Promise.withResolvers<void>();
  let offers = 0;
  const onEntries = () => {
    offers++;
    return claim.promise;
  };
  await publishJobs(redis, jobs("normal", 2));
  first.reader.consumeJobs({ streams, freeSlots: () => 10, onEntries });
  await until("they are offered", () => offers === 1);
  const stopped = first.reader.stop(2_000);
  claim.reject(new Error("Postgres is away"));
  await stopped;
  const pending = (await redis.xpending(key("normal"), "email", "-", "+", 10)) as [string, string, number, number][];
  expect(pending).toHaveLength(2);
  expect(pending.every(([, , idleMs]) => idleMs >= 5_000)).toBe(true);
});

test("ten thousand jobs of two readers are offered once each", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const offered = new Map<string, number>();
  const begin = (consumer: string) => {
    const { reader } = emailReader(url, { consumer, limits: { leaseMs: 30_000 } });
    const onEntries = async (entries: JobEntry[]) => {
      await new Promise(setImmediate);
      for (const { jobId } of entries) offered.set(jobId, (offered.get(jobId) ?? 0) + 1);
    };
    reader.consumeJobs({ streams, freeSlots: () => 200, onEntries });
  };
  begin("one");
  begin("two");
  for (let from = 0; from < 10_000; from += 1_000) await publishJobs(redis, jobs("normal", 1_000, from));
  await until("all are offered", () => offered.size === 10_000);
  await until("all are gone", async () => (await redis.xlen(key("normal"))) === 0);
  expect(Math.max(...offered.values())).toBe(1);
});

test("a process that dies between acknowledging an entry and deleting it leaves nothing that is neither read nor gone", async () => {
  const { url } = freshRedis();
  const wire = await wireTo(url);
  const redis = testRedis(url);
  const first = emailReader(wire.url);
  // It never sends the rest again.
  first.redis.once("close", () => first.redis.disconnect());
  wire.cutBehind(/xack\r\n(\$\d+\r\n[^\r]*\r\n){3}/i);
  first.reader.consumeJobs({ streams, freeSlots: () => 10, onEntries: async () => undefined });
  await publishJobs(redis, jobs("normal", 1));
  await until("it died", () => wire.cuts() === 1);
  const next = emailReader(url);
  next.reader.consumeJobs({ streams, freeSlots: () => 10, onEntries: async () => undefined });
  await until("the next one has cleaned up", async () => (await redis.xlen(key("normal"))) === 0);
});

test("streams that are added while the reader gets ready are looked at before it blocks", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const log = countedLog();
  await redis.xgroup("CREATE", key("low"), "email", "0", "MKSTREAM");
  const context = createReaderContext({
    ...{ redis, group: "email", consumer: "one", log, limits: { blockMs: 60_000 } },
    wake: () => reading.wake(),
    changed: () => reading.changed(),
  });
  const lanes = createJobLanes(context);
  const ready = Promise.withResolvers<void>();
  let adopted = 0;
  const reading = createBlockingRead({
    context,
    sources: [lanes],
    connect: () => connectRedis(url, "reader", { log, redis: readerConnection }),
    adopt: async () => {
      if (++adopted === 1) await ready.promise;
    },
  });
  onTestFinished(() => reading.stop());
  reading.start();
  await until("it gets ready", () => adopted === 1);
  const given = { streams: { high: [], normal: [], low: [key("low")] }, onEntries: async () => undefined };
  lanes.consume({ ...given, freeSlots: () => 1 });
  ready.resolve();
  await until("it looked at the new stream", () => adopted === 2);
});
