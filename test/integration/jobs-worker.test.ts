// What a worker does with a job: runs it, tries again, gives up, and writes down what happened.
import { afterEach, expect, test } from "vitest";
import { query } from "../../shared/db/knex.ts";
import { defineJob, type JobDefinition, retryLater, Unrecoverable } from "../../shared/jobs/define.ts";
import { enqueue, enqueueMany } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { freshDatabase, freshRedis, hasRealPostgres } from "../helpers/infrastructure.ts";
import { type JobLayer, startJobLayer } from "../helpers/jobs.ts";
import { until } from "../helpers/processes.ts";
import { wireTo } from "../helpers/wire.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Handler = Parameters<typeof defineJob<"campaign.launch">>[0]["handler"];
const start = async (
  handler: Handler,
  more: Partial<JobDefinition> = {},
  slots?: number,
  through: (url: string) => string | Promise<string> = (url) => url,
): Promise<JobLayer> => {
  const database = await freshDatabase();
  const definitions = [
    defineJob({ name: "campaign.launch", backoffMs: 20, ...more, handler } as Parameters<
      typeof defineJob<"campaign.launch">
    >[0]),
  ];
  const layer = startJobLayer({
    databaseUrl: await through(database.url),
    redisUrl: freshRedis().url,
    group: "campaigns",
    definitions,
    ...(slots ? { slots } : {}),
  });
  open.push(database.drop, () => layer.stop());
  return layer;
};
const campaignId = makeId();
const add = (layer: JobLayer, options: Parameters<typeof enqueue>[3] = {}) =>
  layer.commit((trx) => enqueue(trx, "campaign.launch", { campaignId }, options));
const finished = (layer: JobLayer, id: string | undefined) =>
  until("the job has finished", async () => {
    const row = await layer.row(id);
    return row && ["completed", "failed", "cancelled"].includes(row.state) ? row : undefined;
  });

test("a job runs with its input and ends in the history, with its log and progress", async () => {
  const seen: unknown[] = [];
  const layer = await start(async (input, run) => {
    seen.push([input, run.id, run.attempt]);
    run.log("half of it");
    run.progress(0.5);
  });
  const id = await add(layer);
  const row = await finished(layer, id);
  expect(seen).toEqual([[{ campaignId }, id, 1]]);
  expect(row).toMatchObject({ state: "completed", attempts: 1, log: "half of it", progress: 1, errors: [] });
});

test("progress and log of a running job can be seen while it runs", async () => {
  const release = Promise.withResolvers<void>();
  const layer = await start(async (_input, run) => {
    run.progress(0.25);
    run.log("first quarter");
    await release.promise;
  });
  const id = await add(layer);
  await until("the row shows it", async () => (await layer.row(id))?.progress === 0.25);
  expect(await layer.row(id)).toMatchObject({ state: "running", log: "first quarter" });
  release.resolve();
  await finished(layer, id);
});

test("a failure is tried again with every error kept, and then counts as failed under its fingerprint", async () => {
  const layer = await start(async () => {
    throw new TypeError("it does not fit");
  });
  const ids = [await add(layer), await add(layer)];
  const [one, other] = [await finished(layer, ids[0]), await finished(layer, ids[1])];
  expect(one).toMatchObject({ state: "failed", attempts: 3 });
  expect(one.errors.map(({ attempt, class: name, message }) => [attempt, name, message])).toEqual(
    [1, 2, 3].map((n) => [n, "TypeError", "it does not fit"]),
  );
  expect(one.errors[0]?.frames[0]).toMatch(/test\/integration\/jobs-worker\.test\.ts/);
  expect(one.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(other.fingerprint).toBe(one.fingerprint);
});

test("an error that nothing can help fails at once", async () => {
  const layer = await start(async () => {
    throw new Unrecoverable("the campaign is gone");
  });
  expect(await finished(layer, await add(layer))).toMatchObject({ state: "failed", attempts: 1 });
});

test("running again later costs no attempt", async () => {
  let runs = 0;
  const attempts: number[] = [];
  const layer = await start(async (_input, run) => {
    attempts.push(run.attempt);
    if (++runs < 6) throw retryLater(5);
  });
  expect(await finished(layer, await add(layer))).toMatchObject({ state: "completed", attempts: 1, errors: [] });
  expect(attempts).toEqual([1, 1, 1, 1, 1, 1]);
});

test("a run over its time limit is aborted and tried again, even when its handler then ends as if all were well", async () => {
  const layer = await start(
    async (_input, run) => {
      if (run.attempt === 1) await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
    },
    { timeoutMs: 100 },
  );
  const row = await finished(layer, await add(layer));
  expect(row).toMatchObject({ state: "completed", attempts: 2 });
  expect(row.errors[0]?.message).toContain("100 ms");
});

test("an input that does not fit the contract fails at once and is not repeated in the error", async () => {
  const layer = await start(async () => undefined);
  const id = await add(layer, { runAt: new Date(Date.now() + 300) });
  await layer.db.raw(`update jobs.jobs set input = '{"campaignId": "secret"}' where id = ?`, [id ?? null]);
  const row = await finished(layer, id);
  expect(row).toMatchObject({ state: "failed", attempts: 1 });
  expect(row.errors[0]?.message).toContain("campaignId");
  expect(JSON.stringify(row.errors)).not.toContain("secret");
});

test("a type that this process does not know waits for one that does", async () => {
  const layer = await start(async () => undefined);
  const id = await layer.commit((trx) => enqueue(trx, "campaign.finalize", { campaignId }));
  const row = await until("it was tried", async () => {
    const found = await layer.row(id);
    return found?.errors.length === 1 ? found : undefined;
  });
  expect(row.state).toBe("scheduled");
  expect(row.errors[0]?.class).toBe("UnknownJobType");
});

test("a job runs when its time has come, and not before", async () => {
  let ranAt = 0;
  const layer = await start(async () => {
    ranAt = Date.now();
  });
  const runAt = new Date(Date.now() + 400);
  await finished(layer, await add(layer, { runAt }));
  expect(ranAt).toBeGreaterThanOrEqual(runAt.getTime() - 5);
});

test("urgent work starts at once while every other slot is taken", async () => {
  const release = Promise.withResolvers<void>();
  const urgent = Promise.withResolvers<void>();
  let held = 0;
  const layer = await start(
    async (_input, run) => {
      if (run.attempt !== 1) return;
      if (++held <= 8) await release.promise;
      else urgent.resolve();
    },
    {},
    10,
  );
  await layer.commit((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: 30 }, () => ({ campaignId })),
    ),
  );
  await until("all shared slots are taken", () => held === 8);
  await add(layer, { lane: "high" });
  await urgent.promise;
  release.resolve();
  await until("all are done", async () => (await layer.db("jobs.jobs").count("* as n"))[0]?.n === "0");
});

test("a type with a limit never runs more often at once, and still all of its jobs run", async () => {
  let now = 0;
  let most = 0;
  const layer = await start(
    async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
    },
    { concurrency: 2 },
    10,
  );
  await layer.commit((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: 25 }, () => ({ campaignId })),
    ),
  );
  await until("all are done", async () => (await layer.db("jobs.history").count("* as n"))[0]?.n === "25");
  expect(most).toBe(2);
});

test("stopping gives back what did not begin and what does not end, and no attempt is counted", async () => {
  let begun = 0;
  const layer = await start(
    async (_input, run) => {
      begun++;
      await new Promise((_, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason)));
    },
    {},
    5,
  );
  await layer.commit((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: 12 }, () => ({ campaignId })),
    ),
  );
  await until("slots are full", () => begun === 4);
  await layer.worker.stop(50);
  const states = await layer.db("jobs.jobs").select("state", "attempts", "worker");
  expect(states).toHaveLength(12);
  for (const row of states) expect(row).toMatchObject({ state: "queued", attempts: 0, worker: null });
});

// Both need a Postgres whose connections are sessions of their own.
test.skipIf(!hasRealPostgres())("what a run logs is kept when writing it down fails in between", async () => {
  const locked = Promise.withResolvers<void>();
  const logged = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const layer = await start(async (_input, run) => {
    await locked.promise;
    run.log("half of it");
    logged.resolve();
    await release.promise;
  });
  const id = await add(layer);
  await until("it runs", async () => (await layer.row(id))?.state === "running");
  await layer.commit(async (trx) => {
    await trx.raw("select from jobs.jobs where id = ? for update", [id ?? null]);
    locked.resolve();
    await logged.promise;
    await until("the line waits to be written", async () => {
      const rows = await query(
        layer.db,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
         and wait_event_type = 'Lock' and query like 'update jobs.jobs j%' and query like '%lease_until%'`,
      );
      return rows.length > 0;
    });
    release.resolve();
  });
  expect(await finished(layer, id)).toMatchObject({ state: "completed", attempts: 1, log: "half of it" });
});

test.skipIf(!hasRealPostgres())("a claim whose answer was lost costs neither a lease nor an attempt", async () => {
  let wire: Awaited<ReturnType<typeof wireTo>> | undefined;
  const layer = await start(
    async () => undefined,
    { attempts: 1 },
    undefined,
    async (url) => {
      wire = await wireTo(url);
      return wire.url;
    },
  );
  wire?.loseAnswerTo(/with wanted as/);
  const row = await finished(layer, await add(layer));
  expect(wire?.cuts()).toBe(1);
  expect(row).toMatchObject({ state: "completed", attempts: 1, errors: [] });
});
