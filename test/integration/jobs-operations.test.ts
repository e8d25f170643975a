// What an operator does with jobs: hold and release, cancel, run again with another input, look up.
import { afterEach, expect, test } from "vitest";
import { bulkAct, runBulkAct } from "../../services/scheduler/operations/bulk.ts";
import { pause, resume, showQueues } from "../../services/scheduler/operations/queues.ts";
import { announceCancelled, cancelJobs } from "../../shared/jobs/cancel.ts";
import { defineJob, type JobDefinition, Unrecoverable } from "../../shared/jobs/define.ts";
import { enqueue, enqueueMany } from "../../shared/jobs/enqueue.ts";
import { hold, listHolds, release } from "../../shared/jobs/holds.ts";
import { deleteFinished, reviveJobs } from "../../shared/jobs/revive.ts";
import { countJobs, findJob, searchJobs } from "../../shared/jobs/search.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { freshDatabase, freshRedis } from "../helpers/infrastructure.ts";
import { type JobLayer, startJobLayer } from "../helpers/jobs.ts";
import { until } from "../helpers/processes.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Handler = Parameters<typeof defineJob<"campaign.launch">>[0]["handler"];
const start = async (handler: Handler, more: Partial<JobDefinition> = {}, leaseMs?: number): Promise<JobLayer> => {
  const database = await freshDatabase();
  const layer = startJobLayer({
    databaseUrl: database.url,
    redisUrl: freshRedis().url,
    group: "campaigns",
    definitions: [
      defineJob({ name: "campaign.launch", backoffMs: 20, ...more, handler } as Parameters<
        typeof defineJob<"campaign.launch">
      >[0]),
    ],
    ...(leaseMs ? { leaseMs } : {}),
  });
  open.push(database.drop, () => layer.stop());
  return layer;
};
const campaignId = makeId();
const add = (layer: JobLayer, options: Parameters<typeof enqueue>[3] = {}) =>
  layer.commit((trx) => enqueue(trx, "campaign.launch", { campaignId }, options)) as Promise<string>;
const reaches = (layer: JobLayer, id: string, state: string) =>
  until(`the job is ${state}`, async () => ((await layer.row(id))?.state === state ? layer.row(id) : undefined));
const parked = async (layer: JobLayer, count: number) =>
  until(`${count} jobs are parked`, async () => {
    const { rows } = await layer.db.raw<{ rows: { n: number }[] }>(
      "select count(*)::int as n from jobs.jobs where published_at = 'infinity'",
    );
    return rows[0]?.n === count;
  });
const nobody = { userId: null, reason: null };
const type = { kind: "type", name: "campaign.launch" } as const;

test.each([type, { kind: "queue", name: "default" } as const])(
  "nothing of a held $kind starts, and all of it runs when the hold is lifted",
  async (target) => {
    const ran: string[] = [];
    const layer = await start(async (_input, run) => void ran.push(run.id));
    expect(await hold(layer.db, target, { userId: null, reason: "looking into it" })).toBe(true);
    expect(await hold(layer.db, target, nobody)).toBe(false);
    expect(await listHolds(layer.db)).toMatchObject([{ ...target, reason: "looking into it" }]);
    const ids = await layer.commit((trx) =>
      enqueueMany(
        trx,
        "campaign.launch",
        Array.from({ length: 1_500 }, () => ({ campaignId })),
      ),
    );
    await parked(layer, 1_500);
    expect(ran).toEqual([]);
    expect(await layer.commit((trx) => release(trx, target))).toBe(true);
    expect(await layer.commit((trx) => release(trx, target))).toBe(false);
    await until("all of them ran", async () => ran.length === ids.length);
    expect(new Set(ran)).toEqual(new Set(ids));
  },
);

test("a job that was offered before the hold is parked by the claim, and a job that runs goes on", async () => {
  const gate = Promise.withResolvers<void>();
  const layer = await start(() => gate.promise, { concurrency: 1 });
  const first = await add(layer);
  await reaches(layer, first, "running");
  await hold(layer.db, type, nobody);
  const second = await add(layer);
  await parked(layer, 1);
  gate.resolve();
  await reaches(layer, first, "completed");
  expect((await layer.row(second))?.state).toBe("queued");
  await layer.commit((trx) => release(trx, type));
  await reaches(layer, second, "completed");
});

test("a job that is cancelled while its worker holds it for a free slot never starts", async () => {
  const begun: string[] = [];
  const layer = await start(
    async (_input, run) => {
      begun.push(run.id);
      if (begun.length > 1) return;
      await new Promise((resolve) => run.signal.addEventListener("abort", resolve, { once: true }));
    },
    { concurrency: 1 },
  );
  const first = await add(layer);
  await until("the first began", () => begun.length === 1);
  const held = await add(layer);
  await reaches(layer, held, "running");
  // The worker hears of both at once, and the first makes room for the second.
  await cancelJobs(layer.db, [first, held]);
  await announceCancelled(layer.redis);
  const last = await add(layer);
  await reaches(layer, last, "completed");
  expect(begun).toEqual([first, last]);
});

test("cancelling ends waiting jobs and aborts a running one within a moment; its late word does not count", async () => {
  const aborted = Promise.withResolvers<void>();
  const layer = await start(
    async (_input, run) => {
      run.signal.addEventListener("abort", () => aborted.resolve());
      await aborted.promise;
    },
    {},
    60_000,
  );
  const running = await add(layer);
  await reaches(layer, running, "running");
  const later = await add(layer, { runAt: new Date(Date.now() + 3_600_000) });
  const cancelled = await cancelJobs(layer.db, [running, later, makeId()]);
  await announceCancelled(layer.redis);
  expect(new Map(cancelled.map(({ id, wasRunning }) => [id, wasRunning]))).toEqual(
    new Map([
      [running, true],
      [later, false],
    ]),
  );
  await aborted.promise;
  await until("the worker is idle", async () => layer.worker.status().running === 0);
  expect(await layer.row(running)).toMatchObject({ state: "cancelled", attempts: 1 });
  expect(await layer.row(later)).toMatchObject({ state: "cancelled", attempts: 0 });
});

test("a failed job runs again under its id with the input that was mended, and keeps its earlier errors", async () => {
  const good = makeId();
  const layer = await start(async (input) => {
    if (input.campaignId !== good) throw new Unrecoverable("no such campaign");
  });
  const id = await add(layer);
  await reaches(layer, id, "failed");
  await expect(
    layer.commit((trx) => reviveJobs(trx, [id], { type: "campaign.launch", input: { campaignId: "x" } })),
  ).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  const again = await layer.commit((trx) =>
    reviveJobs(trx, [id], { type: "campaign.launch", input: { campaignId: good } }),
  );
  expect(again).toEqual([id]);
  const row = await reaches(layer, id, "completed");
  expect(row?.errors).toHaveLength(1);
  expect(await layer.commit((trx) => reviveJobs(trx, [id]))).toEqual([]);
});

test("a failed job whose work a live job does already stays where it is", async () => {
  const layer = await start(async () => {
    throw new Unrecoverable("no");
  });
  const failed = await add(layer, { uniqueKey: "once" });
  await reaches(layer, failed, "failed");
  await hold(layer.db, type, nobody);
  const live = await add(layer, { uniqueKey: "once" });
  expect(live).toBeDefined();
  expect(await layer.commit((trx) => reviveJobs(trx, [failed]))).toEqual([]);
  expect((await findJob(layer.db, failed))?.state).toBe("failed");
});

test("jobs are found over all states by what they are about, their tags, their failure and their time", async () => {
  const layer = await start(async (_input, run) => {
    if (run.attempt > 0) throw new Unrecoverable("always");
  });
  const entity = `campaign:${campaignId}`;
  const failed = await add(layer, { entity, tags: ["spring", "vip"] });
  await reaches(layer, failed, "failed");
  const between = new Date();
  const waits = await add(layer, { entity, tags: ["spring"], runAt: new Date(Date.now() + 60_000) });
  await add(layer, { runAt: new Date(Date.now() + 60_000) });
  const found = async (filter: Parameters<typeof searchJobs>[1], page = { limit: 10 }) =>
    (await searchJobs(layer.db, filter, page)).map((one) => one.id);
  expect(await found({ entity })).toEqual([waits, failed]);
  expect(await found({ tag: "vip" })).toEqual([failed]);
  expect(await found({ tag: "spring", states: ["scheduled"] })).toEqual([waits]);
  expect(await found({ entity, until: between })).toEqual([failed]);
  expect(await found({ entity, from: between })).toEqual([waits]);
  expect(await found({ queue: "emails" })).toEqual([]);
  const [print] = (await searchJobs(layer.db, { states: ["failed"] }, { limit: 1 })).map((one) => one.fingerprint);
  expect(await found({ fingerprint: print as string })).toEqual([failed]);
  expect(await searchJobs(layer.db, { entity }, { limit: 1, before: waits })).toMatchObject([{ id: failed }]);
  expect(await countJobs(layer.db, { type: "campaign.launch" })).toEqual({ scheduled: 2, failed: 1 });
  expect(await layer.commit((trx) => deleteFinished(trx, [failed, waits]))).toBe(1);
  expect(await findJob(layer.db, failed)).toBeUndefined();
});

test("an act on many jobs counts first, then does it to the newest and the oldest alike", async () => {
  const layer = await start(async () => {
    throw new Unrecoverable("no");
  });
  const ids = await layer.commit((trx) =>
    enqueueMany(
      trx,
      "campaign.launch",
      Array.from({ length: 1_200 }, () => ({ campaignId })),
      { tags: ["many"] },
    ),
  );
  await until("all have failed", async () => (await countJobs(layer.db, { states: ["failed"] })).failed === ids.length);
  const filter = { tag: "many" };
  expect(await bulkAct(layer.deps, { act: "delete", filter, dryRun: true })).toEqual({ matched: 1_200, jobId: null });
  expect(await bulkAct(layer.deps, { act: "cancel", filter, expected: 0, dryRun: false })).toEqual({
    matched: 0,
    jobId: null,
  });
  await hold(layer.db, type, nobody);
  const { matched, jobId } = await bulkAct(layer.deps, { act: "retry", filter, expected: 1_200, dryRun: false });
  expect([matched, (await findJob(layer.db, jobId as string))?.type]).toEqual([1_200, "jobs.bulk-act"]);
  const lines: string[] = [];
  const run = {
    id: jobId as string,
    attempt: 1,
    signal: new AbortController().signal,
    deps: layer.deps,
    log: (line: string) => void lines.push(line),
    progress: () => undefined,
  };
  await runBulkAct({ act: "retry", filter }, run);
  expect(lines).toEqual(["retry: 1200 of 1200 jobs"]);
  expect(await countJobs(layer.db, filter)).toEqual({ queued: 1_200 });
  await runBulkAct({ act: "cancel", ids: ids.slice(0, 3) }, run);
  expect(await countJobs(layer.db, filter)).toEqual({ queued: 1_197, cancelled: 3 });
  // All that there is must not go because somebody forgot to say which.
  await expect(bulkAct(layer.deps, { act: "delete", filter: {}, dryRun: false })).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
    data: { errors: [{ path: "expected" }] },
  });
  await expect(bulkAct(layer.deps, { act: "retry", dryRun: true })).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
  });
});

test("queues show every type, what waits and what is held; unknown names are refused by name", async () => {
  const layer = await start(async () => undefined);
  const ctx = (params: { name: string; reason?: string }) => ({ params, meta: {} });
  expect(await pause(layer.deps, "queue", ctx({ name: "default", reason: "upgrade" }))).toMatchObject({
    name: "default",
    held: { reason: "upgrade", by: null },
  });
  await add(layer);
  await add(layer, { runAt: new Date(Date.now() + 60_000) });
  await parked(layer, 1);
  // The figures are read once for all who look, so they may be half a second old.
  const data = await until("the queue shows the job", async () => {
    const { data } = await showQueues(layer.deps);
    return data[0]?.queued === 1 && data;
  });
  expect(data.map(({ name }) => name)).toEqual(["default", "emails"]);
  const shown = data[0]?.types.find(({ name }) => name === "campaign.launch");
  expect(shown).toMatchObject({ group: "campaigns", queued: 1, scheduled: 1, running: 0, held: null });
  expect(shown?.oldestDueAt).toEqual(expect.any(String));
  expect(await resume(layer.deps, "queue", "default")).toMatchObject({ held: null });
  await expect(pause(layer.deps, "queue", ctx({ name: "letters" }))).rejects.toMatchObject({ type: "QUEUE_NOT_FOUND" });
  await expect(resume(layer.deps, "type", "letters.send")).rejects.toMatchObject({ type: "JOB_TYPE_NOT_FOUND" });
});
