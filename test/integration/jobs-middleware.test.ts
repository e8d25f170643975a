// The job layer inside a Moleculer process: handlers are checked against the contracts, and a group runs its jobs.
import { expect, onTestFinished, test } from "vitest";
import jobsService from "../../services/scheduler/jobs.service.ts";
import metricsService from "../../services/scheduler/metrics.service.ts";
import schedulerService from "../../services/scheduler/scheduler.service.ts";
import { schedules } from "../../services/scheduler/schedules.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import { collectJobs, type JobOwner } from "../../shared/jobs/registry.ts";
import { freshDatabase, startRedis } from "../helpers/infrastructure.ts";
import { startGroup, until } from "../helpers/processes.ts";

const scheduler = schedulerService as unknown as JobOwner;
const jobs = jobsService as unknown as JobOwner;
const metrics = metricsService as unknown as JobOwner;
const handler = async () => undefined;

test("a group whose handlers are complete is taken, by its group", () => {
  expect([...collectJobs([scheduler, jobs, metrics]).keys()]).toEqual(["scheduler"]);
  expect(collectJobs([scheduler, jobs, metrics]).get("scheduler")).toHaveLength(5);
});

test("a process refuses to start when nothing would consume one of its group's types", () => {
  const lacking = { name: "scheduler", jobDefinitions: scheduler.jobDefinitions?.slice(1) ?? [] };
  expect(() => collectJobs([lacking, jobs, metrics])).toThrow(/Nothing handles the job outbox\.sweep.*scheduler/);
});

test("a handler without a contract, of another group, or there twice is refused by name", () => {
  const unknown = { ...defineJob({ name: "outbox.sweep", handler }), name: "outbox.sweeep" } as never;
  expect(() => collectJobs([{ name: "scheduler", jobDefinitions: [unknown] }])).toThrow(
    /outbox\.sweeep.*outbox\.sweep/,
  );
  const foreign = defineJob({ name: "campaign.due", handler });
  expect(() => collectJobs([{ name: "scheduler", jobDefinitions: [foreign] }])).toThrow(/campaign\.due.*campaigns/);
  expect(() => collectJobs([scheduler, scheduler])).toThrow(/outbox\.sweep is handled by scheduler and by scheduler/);
});

test("a group's process runs its jobs as soon as they are committed elsewhere, fires its schedules, and ends in time", async () => {
  const redis = await startRedis();
  const database = await freshDatabase();
  const db = connectPostgres(database.url, 2);
  onTestFinished(async () => {
    await db.destroy();
    await redis.stop();
    await database.drop();
  });
  const group = await startGroup(["services/scheduler"], {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LC_SHUTDOWN_SECONDS: "15",
  });
  onTestFinished(() => group.kill9());
  const id = await db.transaction((trx) => enqueue(trx, "jobs.prune", {}));
  const done = await until(
    "the job is done",
    async () => (await db("jobs.history").where({ id }).first()) as { state: string } | undefined,
  );
  expect(done.state).toBe("completed");
  expect(await db("scheduler.schedules").count("* as n")).toEqual([{ n: String(schedules.length) }]);
  expect(await group.stop()).toBe(0);
  expect(group.logs()).not.toMatch(/"level":"(error|fatal)"/);
});
