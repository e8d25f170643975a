// Enqueueing: in the caller's transaction, checked against the contract, and unique where asked.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectPostgres, type Db, type Trx } from "../../shared/db/knex.ts";
import { claimJobs } from "../../shared/jobs/claim.ts";
import { finishJobs } from "../../shared/jobs/complete.ts";
import { takeDueJobs } from "../../shared/jobs/due.ts";
import { type EnqueueOptions, enqueue, enqueueMany } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { freshDatabase } from "../helpers/infrastructure.ts";

const campaignId = makeId();
let db: Db;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await freshDatabase();
  db = connectPostgres(database.url, 5);
  drop = database.drop;
});
beforeEach(() => db.raw("truncate jobs.jobs"));
afterAll(async () => {
  await db.destroy();
  await drop();
});

const add = (options: EnqueueOptions = {}) =>
  db.transaction((trx) => enqueue(trx, "campaign.launch", { campaignId }, options));
const rows = async () =>
  (await db.raw<{ rows: Record<string, unknown>[] }>("select * from jobs.jobs order by id")).rows;
const claim = async (id: string | undefined) => {
  await takeDueJobs(db, 100);
  const jobs = [{ id: id ?? "", maxAttempts: 3 }];
  return (await claimJobs(db, { worker: "test", attemptId: makeId(), leaseMs: 10_000, jobs }))[0];
};

test("a job is there when its transaction has committed, with all that was said about it", async () => {
  const runAt = new Date(Date.now() + 60_000);
  const id = await add({ runAt, lane: "high", uniqueKey: "k", tags: ["a", "b"], entity: `campaign:${campaignId}` });
  expect(await rows()).toMatchObject([
    {
      id,
      type: "campaign.launch",
      group_name: "campaigns",
      queue: "default",
      lane: "high",
      state: "scheduled",
      input: { campaignId },
      unique_key: "k",
      tags: ["a", "b"],
      entity: `campaign:${campaignId}`,
      attempts: 0,
      run_at: runAt,
    },
  ]);
});

test("a job of a transaction that is rolled back never existed", async () => {
  const failing = db.transaction(async (trx: Trx) => {
    await enqueue(trx, "campaign.launch", { campaignId });
    throw new Error("rolled back");
  });
  await expect(failing).rejects.toThrow("rolled back");
  expect(await rows()).toEqual([]);
});

test("an input that does not fit the contract is refused, and the path is named", async () => {
  const wrong = db.transaction((trx) => enqueue(trx, "campaign.launch", { campaignId: "no uuid" }));
  await expect(wrong).rejects.toMatchObject({ type: "VALIDATION_FAILED", data: { errors: [{ path: "campaignId" }] } });
});

test("a unique key lets one live job of the type exist, and another once it has finished", async () => {
  const first = await add({ uniqueKey: "k" });
  expect(await add({ uniqueKey: "k" })).toBeUndefined();
  expect(await add({ uniqueKey: "other" })).toBeDefined();
  const claimed = await claim(first);
  expect(await add({ uniqueKey: "k" })).toBeUndefined();
  await finishJobs(db, [
    {
      id: first ?? "",
      attemptId: claimed?.attemptId ?? "",
      type: "campaign.launch",
      kind: "completed",
      delayMs: 0,
      counts: true,
      error: undefined,
      fingerprint: undefined,
      progress: undefined,
      log: undefined,
    },
  ]);
  expect(await add({ uniqueKey: "k" })).toBeDefined();
});

test("a key that is held until the start lets a request that meets a running job become a job of its own", async () => {
  const first = await add({ uniqueKey: "k", until: "started" });
  expect(await add({ uniqueKey: "k", until: "started" })).toBeUndefined();
  expect(await claim(first)).toBeDefined();
  expect(await add({ uniqueKey: "k", until: "started" })).toBeDefined();
  expect(await rows()).toHaveLength(2);
});

test("a job does not start while a transaction that relies on it is still open", async () => {
  const first = await add({ uniqueKey: "k", until: "started" });
  const trx = await db.transaction();
  expect(await enqueue(trx, "campaign.launch", { campaignId }, { uniqueKey: "k", until: "started" })).toBeUndefined();
  expect(await claim(first)).toBeUndefined();
  await trx.commit();
  expect(await claim(first)).toBeDefined();
});

test("many jobs go in as one, each with its key, and those that exist already are left out", async () => {
  const inputs = Array.from({ length: 2_500 }, () => ({ campaignId: makeId() }));
  const ids = await db.transaction((trx) => enqueueMany(trx, "campaign.launch", inputs));
  expect(new Set(ids).size).toBe(2_500);
  const again = [...inputs.slice(0, 3), ...inputs.slice(0, 3)];
  const options = { uniqueKey: (input: { campaignId: string }) => input.campaignId };
  expect(await db.transaction((trx) => enqueueMany(trx, "campaign.launch", again, options))).toHaveLength(3);
  expect(await db.transaction((trx) => enqueueMany(trx, "campaign.launch", again, options))).toHaveLength(0);
});

test("transactions that want the same keys at the same time do not block each other for good", async () => {
  const inputs = Array.from({ length: 200 }, () => ({ campaignId: makeId() }));
  const shuffled = () => [...inputs].sort(() => Math.random() - 0.5);
  const options = { uniqueKey: (input: { campaignId: string }) => input.campaignId, until: "started" as const };
  const many = Array.from({ length: 8 }, () =>
    db.transaction((trx) => enqueueMany(trx, "campaign.launch", shuffled(), options)),
  );
  const ids = (await Promise.all(many)).flat();
  expect(ids).toHaveLength(200);
});

test("claiming twice claims once", async () => {
  const id = await add();
  const claims = await Promise.all([claim(id), claim(id), claim(id)]);
  expect(claims.filter(Boolean)).toHaveLength(1);
});
