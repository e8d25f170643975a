// Figures about jobs: what two processes saw of the last minute, and what the history is added up to, on real databases.
import { afterAll, beforeAll, expect, test } from "vitest";
import { showQueues } from "../../services/scheduler/operations/queues.ts";
import { showSeries } from "../../services/scheduler/operations/series.ts";
import { query } from "../../shared/db/knex.ts";
import { defineJob, Unrecoverable } from "../../shared/jobs/define.ts";
import { enqueueMany } from "../../shared/jobs/enqueue.ts";
import { liveStats } from "../../shared/jobs/live-stats.ts";
import { rollUp } from "../../shared/jobs/rollup.ts";
import { createJobStats } from "../../shared/jobs/stats.ts";
import { bucketOf, summaryOf } from "../../shared/lib/histogram.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { freshDatabase, freshRedis } from "../helpers/infrastructure.ts";
import { type JobLayer, startJobLayer } from "../helpers/jobs.ts";
import { until } from "../helpers/processes.ts";

let layer: JobLayer;
let drop: () => Promise<void>;
const failing = makeId();
const campaignId = makeId();

beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  const { url } = freshRedis();
  layer = startJobLayer({
    databaseUrl: database.url,
    redisUrl: url,
    group: "campaigns",
    statsAs: "one",
    definitions: [
      defineJob({
        name: "campaign.launch",
        attempts: 2,
        backoffMs: 1,
        handler: async (input, run) => {
          if (input.campaignId === failing && run.attempt === 1) throw new Error("not yet");
          if (input.campaignId === failing) throw new Unrecoverable("never");
        },
      }),
    ],
  });
});
afterAll(async () => {
  await layer.stop();
  await drop();
});

const never = new AbortController().signal;
const clearRollups = async () => {
  await query(layer.db, "delete from jobs.metrics_rollups");
  await query(layer.db, "delete from jobs.history");
};
/** A finished job as the history keeps it: ended `secondsAgo`, after so many ms of waiting and running. */
const ended = (
  rows: readonly { minutesAgo: number; wait: number; run: number; state?: string; type?: string; attempts?: number }[],
) =>
  query(
    layer.db,
    `insert into jobs.history (id, type, group_name, queue, lane, state, input, attempts, run_at, errors, created_at, started_at, finished_at)
     select gen_random_uuid(), coalesce(type, 'campaign.launch'), 'campaigns', 'default', 'normal', coalesce(state, 'completed'), '{}', coalesce(attempts, 1),
       at - (wait + run) * interval '1 millisecond', '[]', at, at - run * interval '1 millisecond', at
     from (select v.*, now() - "minutesAgo" * interval '1 minute' as at
       from json_to_recordset(?::json) as v ("minutesAgo" float8, wait float8, run float8, state text, type text, attempts int)) v`,
    [JSON.stringify(rows)],
  );
/** As after an outage that began so many minutes ago. */
const rewind = (minutes: number) =>
  query(
    layer.db,
    "update jobs.rollup_progress set rolled_until = date_bin('1 minute', now() - ? * interval '1 minute', '2000-01-01Z')",
    [minutes],
  );
const rollups = () =>
  query<Record<string, unknown>>(
    layer.db,
    "select grain, at, type, queue, completed, failed, cancelled, retried, wait, run from jobs.metrics_rollups order by grain, at, type",
  );

test("the last minute of all processes is one figure: ends, retries, waits and runs", async () => {
  await layer.redis.ping();
  const other = createJobStats(layer.redis, "two", Date.now);
  other.ran({ type: "campaign.launch", end: "completed", waitMs: 600_000, runMs: 300 });
  other.ran({ type: "campaign.launch", end: "returned", waitMs: 90_000, runMs: 90_000 });
  await other.stop();
  const inputs = [...Array.from({ length: 19 }, () => ({ campaignId })), { campaignId: failing }];
  await layer.commit((trx) => enqueueMany(trx, "campaign.launch", inputs));
  const live = await until("every run is counted", async () => {
    const found = (await liveStats(layer.redis, Date.now())).get("campaign.launch");
    return found?.ends.completed === 20 && found.ends.failed === 1 && found;
  });
  expect(live.ends).toEqual({ completed: 20, failed: 1, retried: 1, returned: 1 });
  const wait = summaryOf(live.wait);
  expect(wait?.p50).toBeLessThan(300_000);
  expect(wait?.p99).toBeGreaterThan(540_000);
  expect(wait?.p99).toBeLessThan(660_000);
  const { data } = await showQueues(layer.deps);
  const shown = data[0]?.types.find(({ name }) => name === "campaign.launch");
  expect(shown?.live).toMatchObject({ completed: 20, failed: 1, retried: 1, perSecond: 0.35, backlogSeconds: 0 });
  expect(data[0]?.live).toMatchObject({ completed: 20, failed: 1 });
  expect(data[1]?.live).toMatchObject({ completed: 0, perSecond: 0, wait: null, run: null });
});

test("Postgres and the code put every duration into the same bucket", async () => {
  const durations = [-3, 0, 0.4, 1, 1.3, 2, 4, 16, 999.5, 1024, 59_999, 1e7, 1e12].concat(
    Array.from({ length: 200 }, () => Math.exp(Math.random() * 20)),
  );
  const rows = await query<{ bucket: number }>(
    layer.db,
    "select jobs.duration_bucket(ms) as bucket from unnest(?::float8[]) with ordinality as v (ms, n) order by n",
    [durations],
  );
  expect(rows.map(({ bucket }) => bucket)).toEqual(durations.map(bucketOf));
});

test("the history is added up into minutes and hours, and adding up again changes nothing", async () => {
  await clearRollups();
  await ended([
    { minutesAgo: 200, wait: 100, run: 10 },
    { minutesAgo: 200, wait: 100, run: 10, state: "failed", attempts: 3 },
    { minutesAgo: 190, wait: 4_000, run: 50 },
    { minutesAgo: 30, wait: 1, run: 1, state: "cancelled" },
    { minutesAgo: 30, wait: 1, run: 1, type: "campaign.due" },
  ]);
  await rewind(300);
  expect(await rollUp(layer.db, never)).toBeGreaterThanOrEqual(299);
  const first = await rollups();
  const minutes = first.filter(({ grain }) => grain === "minute");
  expect(
    minutes.map(({ type, completed, failed, cancelled, retried }) => [type, completed, failed, cancelled, retried]),
  ).toEqual([
    ["campaign.launch", 1, 1, 0, 2],
    ["campaign.launch", 1, 0, 0, 0],
    ["campaign.due", 1, 0, 0, 0],
    ["campaign.launch", 0, 0, 1, 0],
  ]);
  expect(minutes[0]).toMatchObject({ queue: "default", wait: { [bucketOf(100)]: 2 }, run: { [bucketOf(10)]: 2 } });
  expect(minutes[3]).toMatchObject({ wait: {}, run: {} });
  const total = (grain: string) =>
    first
      .filter((row) => row.grain === grain)
      .reduce((sum, row) => sum + Number(row.completed) + Number(row.failed), 0);
  expect([total("minute"), total("hour")]).toEqual([4, 4]);
  // From anywhere, also so that a stretch ends where an hour does.
  for (const minutes of [300, 300 + new Date().getUTCMinutes()]) {
    await rewind(minutes);
    await rollUp(layer.db, never);
    expect(await rollups()).toEqual(first);
  }
});

test("two that add up at the same time, and one that is cut short, lose and double nothing", async () => {
  await clearRollups();
  await ended(Array.from({ length: 400 }, (_, n) => ({ minutesAgo: 2 + n / 4, wait: n, run: n })));
  await rewind(120);
  // Cut short after its first stretch, as by a kill: what is committed stays.
  const cut = new AbortController();
  const first = rollUp(layer.db, cut.signal);
  cut.abort();
  expect(await first).toBeLessThan(20);
  await Promise.all([rollUp(layer.db, never), rollUp(layer.db, never)]);
  const rows = await rollups();
  for (const grain of ["minute", "hour"])
    expect(rows.filter((row) => row.grain === grain).reduce((sum, row) => sum + Number(row.completed), 0)).toBe(400);
});

test("what ended while the clock had to catch up with a time that it had shown before is added up, too", async () => {
  await clearRollups();
  await rewind(-1_440);
  expect(await rollUp(layer.db, never)).toBe(0);
  await ended([{ minutesAgo: 0, wait: 1, run: 1 }]);
  // A few minutes later.
  await query(layer.db, "update jobs.history set finished_at = finished_at - interval '3 minutes'");
  await query(layer.db, "update jobs.rollup_progress set rolled_until = rolled_until - interval '3 minutes'");
  await rollUp(layer.db, never);
  expect((await rollups()).map(({ grain, completed }) => [grain, completed])).toEqual([
    ["hour", 1],
    ["minute", 1],
  ]);
});

test("a series has a point per step, percentiles of the whole step, and only what was asked for", async () => {
  await clearRollups();
  await ended([
    ...Array.from({ length: 95 }, () => ({ minutesAgo: 30, wait: 10, run: 5 })),
    ...Array.from({ length: 5 }, () => ({ minutesAgo: 31, wait: 60_000, run: 5, state: "failed" })),
    { minutesAgo: 30, wait: 10, run: 5, type: "campaign.due" },
  ]);
  await rewind(60);
  await rollUp(layer.db, never);
  const hour = await showSeries(layer.deps, { type: "campaign.launch" });
  expect(hour.step).toBe(60);
  expect(hour.data.length).toBeGreaterThanOrEqual(60);
  expect(hour.data.filter(({ completed, failed }) => completed + failed > 0)).toHaveLength(2);
  expect(hour.data[0]).toMatchObject({ completed: 0, failed: 0, wait: null, run: null });
  const day = await showSeries(layer.deps, {
    type: "campaign.launch",
    step: 86_400,
    from: new Date(Date.now() - 86_400_000).toISOString(),
  });
  const busy = day.data.filter(({ completed }) => completed > 0);
  expect(busy).toHaveLength(1);
  const [point] = busy;
  expect([point?.completed, point?.failed]).toEqual([95, 5]);
  expect(Math.abs((point?.wait?.p50 ?? 0) - 10)).toBeLessThan(1);
  expect(Math.abs((point?.wait?.p99 ?? 0) - 60_000)).toBeLessThan(6_000);
  const all = await showSeries(layer.deps, { queue: "default" });
  expect(all.data.reduce((sum, { completed }) => sum + completed, 0)).toBe(96);
  expect((await showSeries(layer.deps, { queue: "emails" })).data.every(({ completed }) => completed === 0)).toBe(true);
  const old = await showSeries(layer.deps, { from: new Date(Date.now() - 10 * 86_400_000).toISOString(), step: 60 });
  expect(old.step).toBe(3_600);
  const wrong = (params: Parameters<typeof showSeries>[1]) => expect(showSeries(layer.deps, params)).rejects;
  await wrong({ from: "2026-02-01T00:00:00Z", until: "2026-01-01T00:00:00Z" }).toMatchObject({
    type: "VALIDATION_FAILED",
  });
  await wrong({ from: "2020-01-01T00:00:00Z", step: 60 }).toMatchObject({ type: "VALIDATION_FAILED" });
});

test("minutes are kept two days and hours ninety", async () => {
  await clearRollups();
  await query(
    layer.db,
    `insert into jobs.metrics_rollups (grain, at, type, queue, completed, failed, cancelled, retried, wait, run)
     select g, now() - d * interval '1 day', 'campaign.due', 'default', 1, 0, 0, 0, '{}', '{}'
     from (values ('minute', 1.9), ('minute', 2.1), ('hour', 89), ('hour', 91)) v (g, d)`,
  );
  await rollUp(layer.db, never);
  expect((await rollups()).map(({ grain }) => grain)).toEqual(["hour", "minute"]);
});

test("after adding up, the newest of a long history is found without reading the rest of it", async () => {
  await query(
    layer.db,
    `insert into jobs.history (id, type, group_name, queue, lane, state, input, attempts, run_at, errors, created_at, started_at, finished_at)
     select make_uuid7(), 'campaign.due', 'campaigns', 'default', 'normal', 'completed', '{}', 1, now(), '[]', now(), now(), now()
     from generate_series(1, 10000)`,
  );
  await rollUp(layer.db, never);
  const { rows } = await layer.db.raw<{ rows: { left: number }[] }>(
    `select sum(brin_summarize_new_values(x.oid))::int as left from pg_class x join pg_am a on a.oid = x.relam
     where a.amname = 'brin' and x.relname like 'history_%' and x.relkind = 'i'`,
  );
  expect(rows).toEqual([{ left: 0 }]);
});
