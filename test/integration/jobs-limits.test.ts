// Limits of the job layer: how often jobs of a key may start, how large they may be, types that nobody knows, and a
// Redis without memory. Nothing is lost at any of them, and no attempt is used up by waiting.
import { afterEach, expect, test } from "vitest";
import type { RateLimit } from "../../shared/jobs/define.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { enqueue, enqueueMany, maxInputBytes } from "../../shared/jobs/enqueue.ts";
import { publish } from "../../shared/jobs/outbox.ts";
import { takeTurn } from "../../shared/jobs/rate-limit.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { freePort, freshDatabase, freshRedis, startRedis } from "../helpers/infrastructure.ts";
import { type JobLayer, startJobLayer } from "../helpers/jobs.ts";
import { until } from "../helpers/processes.ts";
import { countedLog, testRedis } from "../helpers/streams.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Limit = RateLimit<{ campaignId: string }>;
type Start = { readonly key: string };

/** As many processes' worth of job layers as asked for, over one database and one Redis. */
const layers = async (
  count: number,
  rateLimit: Limit | undefined,
  starts: Start[],
  redisUrl = freshRedis().url,
  atStart = async (_key: string): Promise<void> => undefined,
) => {
  const database = await freshDatabase();
  open.push(database.drop);
  return Array.from({ length: count }, (): JobLayer => {
    const layer = startJobLayer({
      databaseUrl: database.url,
      redisUrl,
      group: "campaigns",
      definitions: [
        defineJob({
          name: "campaign.launch",
          ...(rateLimit ? { rateLimit } : {}),
          handler: async ({ campaignId }) => {
            await atStart(campaignId);
            starts.push({ key: campaignId });
          },
        }),
        defineJob({ name: "campaign.finalize", handler: async () => void starts.push({ key: "free" }) }),
      ],
    });
    open.push(() => layer.stop());
    return layer;
  });
};
const add = (layer: JobLayer, campaignId: string, count: number) =>
  layer.commit((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: count }, () => ({ campaignId })),
    ),
  );
const inHistory = async (layer: JobLayer) =>
  (
    await layer.db.raw<{ rows: { state: string; attempts: number; n: number }[] }>(
      "select state, attempts, count(*)::int as n from jobs.history group by 1, 2",
    )
  ).rows;

test("never more start than the limit in any stretch, over two processes and each key by itself, and none fails by it", async () => {
  const starts: Start[] = [];
  /** What Redis allowed, by key: job and moment of its clock. */
  const allowed = new Map<string, Map<string, number>>();
  const [limit, perMs] = [20, 400];
  const redisUrl = freshRedis().url;
  const redis = testRedis(redisUrl);
  const look = async (key: string) => {
    const found = await redis.zrange(`lc:job-limit:campaign.launch:${key}:started`, 0, -1, "WITHSCORES");
    const moments = allowed.get(key) ?? new Map<string, number>();
    allowed.set(key, moments);
    for (let n = 0; n + 1 < found.length; n += 2) moments.set(found[n] as string, Number(found[n + 1]));
  };
  const keyOf = ({ campaignId }: { campaignId: string }) => campaignId;
  const [one, two] = await layers(2, { key: keyOf, limit, perMs }, starts, redisUrl, look);
  const [long, short] = [makeId(), makeId()];
  const both = [...Array.from({ length: 120 }, () => long), ...Array.from({ length: 20 }, () => short)];
  await (two as JobLayer).commit((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      both.map((campaignId) => ({ campaignId })),
    ),
  );
  await until("all have run", () => starts.length === 140);
  for (const key of [long, short]) {
    const moments = [...(allowed.get(key)?.values() ?? [])].sort((a, b) => a - b);
    expect(moments.length).toBeGreaterThanOrEqual(limit);
    for (let n = limit; n < moments.length; n++)
      expect((moments[n] as number) - (moments[n - limit] as number)).toBeGreaterThanOrEqual(perMs);
  }
  // The short line did not wait behind the long one.
  expect(starts.findLastIndex(({ key }) => key === short)).toBeLessThan(100);
  await until("all are written", async () => (await inHistory(one as JobLayer))[0]?.n === 140);
  expect(await inHistory(one as JobLayer)).toEqual([{ state: "completed", attempts: 1, n: 140 }]);
});

test("a long line is asked about once, holds no slot, and comes back turn by turn", async () => {
  const server = await startRedis();
  open.push(() => server.stop());
  const starts: Start[] = [];
  const [layer] = (await layers(1, { limit: 2, perMs: 3_600_000 }, starts, server.url)) as [JobLayer];
  await add(layer, makeId(), 2_000);
  const waiting = async () =>
    (
      await layer.db.raw<{ rows: { n: number; first: number; last: number; attempts: number }[] }>(
        `select count(*)::int as n, extract(epoch from min(run_at) - now())::float8 / 3600 as first,
           extract(epoch from max(run_at) - now())::float8 / 3600 as last, max(attempts)::int as attempts
         from jobs.jobs where state = 'scheduled'`,
      )
    ).rows[0];
  const line = await until("all have their turn", async () => {
    const found = await waiting();
    return found?.n === 1_998 ? found : undefined;
  });
  expect(starts).toHaveLength(2);
  expect(line.attempts).toBe(0);
  // Two an hour: the first comes in an hour, the last in 999.
  expect([Math.round(line.first), Math.round(line.last)]).toEqual([1, 999]);
  const asked = async () => Number(/cmdstat_eval:calls=(\d+)/.exec(await layer.redis.info("commandstats"))?.[1]);
  const before = await asked();
  await layer.commit((trx) => enqueue(trx, "campaign.finalize", { campaignId: makeId() }));
  await until("another type runs at once", () => starts.length === 3);
  expect((await asked()) - before).toBeLessThan(20);
});

test("without Redis nothing that is limited starts", async () => {
  const redis = connectRedis(`redis://127.0.0.1:${await freePort()}`, "away", { log: countedLog() });
  open.push(async () => redis.disconnect());
  const wait = await takeTurn(redis, { type: "t", key: "k", jobId: makeId() }, { limit: 5, perMs: 1_000 });
  expect(wait).toBeGreaterThanOrEqual(1_000);
});

test("a turn that was given to a job that never came back is given to others after a while", async () => {
  const redis = testRedis(freshRedis().url);
  const ask = (jobId: string) => takeTurn(redis, { type: "t", key: "k", jobId }, { limit: 1, perMs: 100 });
  await redis.ping();
  expect(await ask("first")).toBe(0);
  expect(await ask("gone")).toBeGreaterThan(0);
  // The line as it is half a minute later.
  await redis.zadd("lc:job-limit:t:k:line", Date.now() - 31_000, "gone");
  await until("the next gets in", async () => (await ask("next")) === 0);
});

test("a job or event that carries too much is refused in words before anything is written", async () => {
  const [layer] = (await layers(1, undefined, [])) as [JobLayer];
  const ids = Array.from({ length: 1_000 }, () => makeId());
  const filter = { tag: "x", type: "y".repeat(maxInputBytes) };
  const job = layer.commit((trx) => enqueue(trx, "jobs.bulk-act", { act: "retry", ids, filter } as never));
  await expect(job).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  const event = layer.commit((trx) =>
    publish(trx, "message.clicked", { messageId: makeId(), url: "x".repeat(300_000) } as never),
  );
  await expect(event).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  const { rows } = await layer.db.raw<{ rows: unknown[] }>(
    "select id from jobs.jobs union all select id from jobs.outbox",
  );
  expect(rows).toEqual([]);
});

test("a Redis without memory costs time and no job: little is published while it is nearly full, all when it is not", async () => {
  const server = await startRedis({ config: ["maxmemory 24mb", "maxmemory-policy noeviction"] });
  open.push(() => server.stop());
  const starts: Start[] = [];
  const [layer] = (await layers(1, undefined, starts, server.url)) as [JobLayer];
  const { redis } = layer;
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]) / (24 * 1_048_576);
  let filled = 0;
  const fill = async (share: number, bytes: number) => {
    while ((await used()) < share) await redis.set(`junk:${filled++}`, "x".repeat(bytes));
  };
  await add(layer, makeId(), 1);
  await until("it works", () => starts.length === 1);
  await fill(0.96, 100_000);
  const begin = performance.now();
  await until("the relay has noticed", async () => {
    await layer.relay.sweep();
    return performance.now() - begin > 600;
  });
  await add(layer, makeId(), 120);
  const kept = async () =>
    (
      await layer.db.raw<{ rows: { n: number }[] }>(
        "select count(*)::int as n from jobs.jobs where published_at is null",
      )
    ).rows[0]?.n;
  await until("fifty of them are published", async () => (await kept()) === 70, { everyMs: 5 });
  await until("they run, some at a time", () => starts.length === 121);
  for (const bytes of [100_000, 3_000, 10]) await expect(fill(2, bytes)).rejects.toThrow("OOM");
  await add(layer, makeId(), 300);
  for (let n = 0; n < filled; n++) await redis.del(`junk:${n}`);
  await until("all have run", () => starts.length === 421);
  await until("all are written", async () => (await inHistory(layer))[0]?.n === 421);
  expect(await inHistory(layer)).toEqual([{ state: "completed", attempts: 1, n: 421 }]);
});
