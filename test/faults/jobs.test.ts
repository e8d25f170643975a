// The job layer under faults: workers killed, frozen and stopped, Redis emptied and killed, Postgres killed.
// Each time: nothing is lost, at most one completion counts, and idempotent effects happen once.
import { expect, onTestFinished, test } from "vitest";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { migrate } from "../../shared/db/migrate.ts";
import { enqueue, enqueueMany } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { freshDatabase, freshRedis, hasRealPostgres, startPostgres, startRedis } from "../helpers/infrastructure.ts";
import { startNode, until } from "../helpers/processes.ts";

interface Told {
  readonly started?: string;
  readonly finished?: string;
  readonly aborted?: string;
}

interface Setup {
  readonly db: Db;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

const prepare = async (databaseUrl: string, redisUrl: string): Promise<Setup> => {
  const db = connectPostgres(databaseUrl, 4);
  onTestFinished(() => db.destroy());
  await db.raw("create table runs (job_id uuid, node text); create table effects (job_id uuid primary key)");
  return { db, databaseUrl, redisUrl };
};

const setUp = async (redisUrl = freshRedis().url): Promise<Setup> => {
  const database = await freshDatabase();
  onTestFinished(database.drop);
  return prepare(database.url, redisUrl);
};

type Behaviour = "work" | "slow" | "hold" | "crash";
let workers = 0;
const startWorker = ({ databaseUrl, redisUrl }: Setup, behaviour: Behaviour, leaseMs = 1_000) => {
  const name = `worker-${++workers}`;
  const child = startNode(["test/helpers/jobs-worker.ts", databaseUrl, redisUrl, name, String(leaseMs), behaviour], {});
  onTestFinished(() => child.kill9());
  const told = (what: keyof Told) => (child.messages as Told[]).flatMap((message) => message[what] ?? []);
  return { ...child, name, told };
};

const add = ({ db }: Setup, count: number): Promise<string[]> =>
  db.transaction((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: count }, () => ({ campaignId: makeId() })),
    ),
  );
const count = async ({ db }: Setup, what: string): Promise<number> =>
  Number((await db.raw<{ rows: { n: string }[] }>(`select count(*) as n from ${what}`)).rows[0]?.n);
const completed = (setup: Setup) => count(setup, "jobs.history where state = 'completed'");

const expectAllOnce = async (setup: Setup, ids: readonly string[]): Promise<void> => {
  const { rows } = await setup.db.raw<{ rows: { id: string }[] }>(
    "select id from jobs.history where state = 'completed'",
  );
  expect(rows).toHaveLength(ids.length);
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(ids));
  expect(await count(setup, "jobs.jobs")).toBe(0);
  expect(await count(setup, "effects")).toBe(ids.length);
};

test("workers killed over and over in the middle of their work lose nothing and complete each job once", async () => {
  const setup = await setUp();
  const ids: string[] = [];
  for (let round = 0; round < 5; round++) {
    const worker = startWorker(setup, "work");
    ids.push(...(await add(setup, 400)));
    await until("it is in the middle of it", () => worker.told("finished").length > 40, { everyMs: 2 });
    await worker.kill9();
  }
  expect(await completed(setup)).toBeLessThan(ids.length);
  startWorker(setup, "work");
  startWorker(setup, "work");
  await until("all are completed", async () => (await completed(setup)) >= ids.length, { everyMs: 100 });
  await expectAllOnce(setup, ids);
});

test("an emptied Redis and a killed Redis under load cost time and nothing else", async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const setup = await setUp(server.url);
  const redis = connectRedis(server.url, "test", { log: { debug() {}, info() {}, warn() {}, error() {} } });
  onTestFinished(() => redis.disconnect());
  startWorker(setup, "work");
  startWorker(setup, "work");
  const ids: string[] = [];
  for (let round = 0; round < 4; round++) {
    const before = await completed(setup);
    ids.push(...(await add(setup, 1_000)));
    await until("some are done", async () => (await completed(setup)) > before + 100, { everyMs: 5 });
    if (round % 2 === 0) await redis.flushall();
    else {
      await server.kill9();
      ids.push(...(await add(setup, 100)));
      await server.restart();
    }
  }
  await until("all are completed", async () => (await completed(setup)) >= ids.length, { everyMs: 100 });
  await expectAllOnce(setup, ids);
});

test("a job of four seconds under a lease of one second runs once", async () => {
  const setup = await setUp();
  const ids = await add(setup, 3);
  startWorker(setup, "slow");
  startWorker(setup, "slow");
  await until("all are completed", async () => (await completed(setup)) >= 3, { everyMs: 100 });
  expect(await count(setup, "runs")).toBe(3);
  await expectAllOnce(setup, ids);
});

test("a worker that was frozen past its lease learns that its jobs belong to another, and its outcome does not count", async () => {
  const setup = await setUp();
  const frozen = startWorker(setup, "hold");
  const ids = await add(setup, 3);
  await until("it has all of them", () => frozen.told("started").length === 3);
  frozen.signal("SIGSTOP");
  startWorker(setup, "work");
  await until("the other has completed them", async () => (await completed(setup)) === 3, { everyMs: 100 });
  frozen.signal("SIGCONT");
  await until("it is told", () => frozen.told("aborted").length === 3);
  expect(await frozen.stop()).toBe(0);
  await expectAllOnce(setup, ids);
});

test("a job that kills its worker every time counts as failed when its attempts are used up, and says so", async () => {
  const setup = await setUp();
  const id = await setup.db.transaction((trx) => enqueue(trx, "campaign.finalize", { campaignId: makeId() }));
  for (let round = 0; round < 2; round++) await startWorker(setup, "crash").exited;
  startWorker(setup, "work");
  const row = await until("it has failed", () => setup.db("jobs.history").where({ id }).first());
  expect(row).toMatchObject({
    state: "failed",
    attempts: 2,
    errors: [{ class: "WorkerDied" }, { class: "WorkerDied" }],
  });
  expect(row.fingerprint).toMatch(/^[0-9a-f]{16}$/);
});

test("two thousand jobs queued and running at a stop are all still there, and the process ends in time", async () => {
  const setup = await setUp();
  const worker = startWorker(setup, "hold", 30_000);
  const ids = await add(setup, 2_000);
  await until("its slots are full", () => worker.told("started").length >= 16);
  // Sooner than its jobs would end by themselves: `stop` has that deadline.
  expect(await worker.stop()).toBe(0);
  const { rows } = await setup.db.raw<{ rows: { state: string; attempts: number; n: string }[] }>(
    "select state, attempts, count(*) as n from jobs.jobs group by 1, 2",
  );
  expect(rows).toEqual([{ state: "queued", attempts: 0, n: "2000" }]);
  startWorker(setup, "work");
  await until("another completes them", async () => (await completed(setup)) >= 2_000, { everyMs: 100 });
  await expectAllOnce(setup, ids);
});

test.runIf(hasRealPostgres())(
  "a killed Postgres loses no acknowledged job, and workers carry on when it is back",
  async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const first = connectPostgres(postgres.url, 1);
    await migrate(first);
    await first.destroy();
    const setup = await prepare(postgres.url, freshRedis().url);
    startWorker(setup, "work");
    const ids: string[] = [];
    for (let round = 0; round < 2; round++) {
      ids.push(...(await add(setup, 1_000)));
      await until("some are done", async () => (await completed(setup)) > round * 1_000 + 100, { everyMs: 5 });
      await postgres.stop(round === 0 ? "immediate" : "kill9");
      await postgres.restart();
      await until("it answers", () => setup.db.raw("select 1"));
    }
    await until("all are completed", async () => (await completed(setup)) >= ids.length, { everyMs: 100 });
    await expectAllOnce(setup, ids);
  },
);
