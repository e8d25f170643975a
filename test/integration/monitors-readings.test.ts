// What the rules of the monitors read, on real stores in which something is wrong.
import { afterAll, beforeAll, expect, test } from "vitest";
import { takeReadings } from "../../services/scheduler/monitors/readings/take-readings.ts";
import { MonitorKind } from "../../shared/contracts/monitors.ts";
import { query } from "../../shared/db/knex.ts";
import { collectDeadLetters } from "../../shared/jobs/collect-letters.ts";
import { hold, release } from "../../shared/jobs/holds.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { startRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let t: TestDeps;
beforeAll(async () => {
  t = await useCaseDeps();
});
afterAll(() => t.close());

test("everything that rules read is read from the real stores", async () => {
  const all = new Set(MonitorKind.options);
  const read = async () => Object.fromEntries([...(await takeReadings(t.deps, all, new Date(0)))]);
  await query(
    t.deps.db,
    `insert into jobs.jobs (id, type, group_name, queue, state, input, run_at)
     values (make_uuid7(), 'email.send-batch', 'email', 'sms', 'queued', '{}', now() - interval '10 minutes')`,
  );
  await hold(t.deps.db, { kind: "type", name: "contacts.erase" }, { userId: null, reason: "testing" });
  await query(t.deps.db, "update jobs.holds set held_at = now() - interval '30 hours'");
  await query(
    t.deps.db,
    `insert into jobs.history (id, type, group_name, queue, lane, state, input, attempts, run_at, errors, created_at, started_at, finished_at)
     select make_uuid7(), 'campaign.due', 'campaigns', 'default', 'normal', case when n <= 6 then 'failed' else 'completed' end, '{}', 1,
       now() - interval '100 seconds', '[]', now(), now() - interval '10 seconds', now() - interval '5 seconds' from generate_series(1, 24) n`,
  );
  await query(
    t.deps.db,
    `insert into jobs.outbox (id, type, payload, created_at) values (make_uuid7(), 'x.happened', '{}', now() - interval '90 seconds')`,
  );
  await query(t.deps.db, "insert into scheduler.schedules (name, cron, job_type) values ('nightly', '0 3 * * *', 'x')");
  await query(
    t.deps.db,
    "insert into scheduler.schedule_slots (schedule, fire_at, outcome) select 'nightly', now() - n * interval '40 minutes', 'missed' from generate_series(1, 3) n",
  );
  await query(
    t.deps.db,
    `insert into backups.runs (id, state, started_at, taken_at, place, name)
     select make_uuid7(), 'completed', now(), now() + n * interval '1 hour', 'here', 'backup ' || n from unnest(array[-50, 900]) n`,
  );
  await t.deps.redis.xadd("lc:dead:email", "*", "group", "email");
  await collectDeadLetters(t.deps.db, t.deps.redis);
  const word = (node: string, at: Date) => JSON.stringify({ node, at: at.toISOString(), groups: ["email"] });
  await t.deps.redis.hset("lc:workers", {
    ...{
      gone: word("gone", new Date()),
      "long-gone": word("long-gone", new Date(0)),
      living: word("living", new Date()),
    },
  });
  await t.deps.redis.set("lc:workers:living", word("living", new Date()));
  const found = await read();
  expect(Object.keys(found).sort()).toEqual([...all].sort());
  expect(found).toMatchObject({
    "queue-age": expect.arrayContaining([{ subject: "sms", value: expect.closeTo(600, -2) }]),
    "no-throughput": [{ subject: "sms", value: expect.closeTo(600, -2) }],
    "wait-p95": [{ subject: "default", value: expect.closeTo(90, 0) }],
    "failure-rate": [{ subject: "campaign.due", value: 25, detail: "6 of 24 within 10 minutes" }],
    "outbox-lag": [{ value: expect.closeTo(90, -1) }],
    "missed-slots": [{ subject: "nightly", value: 1 }],
    "dead-letters": [{ subject: "email", value: 1 }],
    "hold-age": [{ subject: "job type contacts.erase", value: expect.closeTo(30, 1), detail: "testing" }],
    "campaigns-held": [{ value: 0 }],
    "redis-away": [{ value: 0 }],
    "workers-gone": [{ subject: "email", value: 1, detail: "gone" }],
    "backup-age": [{ value: expect.closeTo(50, 0) }],
  });
  await t.deps.db.transaction((trx) => release(trx, { kind: "type", name: "contacts.erase" }));
  // While nobody was watching, nothing can be said to have been missed.
  const later = await takeReadings(t.deps, new Set(["missed-slots"]), new Date());
  expect(later.get("missed-slots")).toEqual([]);
});

test("a Redis that may throw work away is told, and one that is away is known to be away", async () => {
  const careless = await startRedis({ config: ["maxmemory 50mb", "maxmemory-policy allkeys-lru", "appendonly no"] });
  const redis = connectRedis(careless.url, "test");
  await redis.ping();
  const deps = { ...t.deps, redis };
  const all = new Set(MonitorKind.options);
  const found = await takeReadings(deps, all, new Date());
  expect(found.get("redis-settings")).toMatchObject([{ value: 2, detail: expect.stringContaining("allkeys-lru") }]);
  expect(found.get("redis-memory")?.[0]?.value).toBeGreaterThan(0);
  await careless.stop();
  await until("the connection is gone", () => redis.status !== "ready");
  const away = await takeReadings(deps, all, new Date());
  redis.disconnect();
  expect(away.get("redis-away")).toEqual([{ subject: "", value: 1 }]);
  expect(away.has("redis-memory")).toBe(false);
  expect(away.has("dead-letters")).toBe(true);
});
