// Finding jobs: by the person they are about, wherever they are, and failures by what went wrong; and bulk acts that do
// exactly what was confirmed.
import { afterAll, beforeAll, expect, test } from "vitest";
import { processWebhook } from "../../services/email/inbound/process-webhook.ts";
import { readBody, showWebhook } from "../../services/email/inbound/show-webhooks.ts";
import { bulkAct, runBulkAct } from "../../services/scheduler/operations/bulk.ts";
import { showFailures } from "../../services/scheduler/operations/failures.ts";
import { listJobs, showJob } from "../../services/scheduler/operations/look-up.ts";
import type { JobName } from "../../shared/contracts/index.ts";
import { query } from "../../shared/db/knex.ts";
import { type EnqueueOptions, enqueue, enqueueMany, type JobParams } from "../../shared/jobs/enqueue.ts";
import { findJob } from "../../shared/jobs/search.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { callbackSenders } from "../helpers/provider-callbacks.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
const hour = 3_600_000;
const accountId = makeId();
const found = async (filter: object) => {
  const { data } = await listJobs(at.deps, { limit: 50, ...filter } as Parameters<typeof listJobs>[1]);
  return data.map(({ id }) => id).sort();
};
const person = async (email: string, firstName: string, lastName: string, phone: string | null = null) => {
  const id = makeId();
  await query(
    at.deps.db,
    `insert into contacts.contacts (id, community_id, email, first_name, last_name, phone)
     select ?, id, ?, ?, ?, ? from contacts.communities where is_default`,
    [id, email, firstName, lastName, phone],
  );
  return id;
};
/** A single message, to a contact or just to an address. */
const message = async (contactId: string | null, address: string) => {
  const id = makeId();
  const single = "00000000-0000-7000-8000-000000000001";
  await query(
    at.deps.db,
    "insert into messaging.messages (id, source, source_id, channel, contact_id, address, state) values (?, 'transactional', ?, 'email', ?, ?, 'accepted')",
    [id, single, contactId, address],
  );
  await query(
    at.deps.db,
    "insert into messaging.message_keys (source, source_id, step, channel, contact_id, recipient, message_id) values ('transactional', ?, ?, 'email', ?, ?, ?)",
    [single, id, contactId, address, id],
  );
  return id;
};
const add = <J extends JobName>(name: J, input: JobParams<J>, options: EnqueueOptions = {}) =>
  at.deps.db.transaction((trx) => enqueue(trx, name, input, options)) as Promise<string>;
/** Makes jobs finished ones, as if their last run had ended so. */
const finish = (
  ids: readonly string[],
  fields: { state: string; fingerprint?: string; error?: object; endedAgoMs?: number },
) =>
  query(
    at.deps.db,
    `with gone as (delete from jobs.jobs where id = any(?::uuid[]) returning *)
     insert into jobs.history (id, type, group_name, queue, lane, state, input, tags, entity, attempts, max_attempts,
       run_at, errors, fingerprint, created_at, finished_at)
     select id, type, group_name, queue, lane, ?, input, tags, entity, 3, 3, run_at, ?::jsonb, ?, created_at,
       now() - ? * interval '1 millisecond' from gone`,
    [
      [...ids],
      fields.state,
      JSON.stringify(fields.error ? [fields.error] : []),
      fields.fingerprint ?? null,
      fields.endedAgoMs ?? 0,
    ],
  );
const error = (message: string) => ({
  attempt: 3,
  at: "2026-11-01T00:00:00.000Z",
  class: "Error",
  message,
  frames: [],
});

beforeAll(async () => {
  at = await useCaseDeps();
});
afterAll(async () => {
  await at?.close();
});

test("jobs about a person are found by contact, email, phone and name: the job itself, its messages, and what came back", async () => {
  const ada = await person("ada@example.org", "Ada", "Lovelace", "+12025550123");
  const max = await person("max@example.com", "Max", "Planck");
  const [toAda, toMax, toNobody] = [
    await message(ada, "ada@example.org"),
    await message(max, "max@example.com"),
    await message(null, "stranger@example.net"),
  ];
  const webhookId = makeId();
  await query(
    at.deps.db,
    "insert into messaging.webhook_inbox (id, provider, delivery_id, state, message_ids) values (?, 'resend', 'd1', 'processed', ?::uuid[])",
    [webhookId, [toAda, toMax]],
  );
  const click = { type: "opened", url: null, at: "2026-11-01T00:00:00Z", userAgent: null, addressHash: null } as const;
  const erase = await add("contacts.erase", { contactId: ada });
  const opened = await add("tracking.click-record", { messageId: toAda, ...click });
  const tested = await add("sender.test", { messageId: toNobody, accountId });
  const called = await add("webhook.process", { id: webhookId }, { entity: `webhook:${webhookId}` });
  const other = await add("contacts.erase", { contactId: max });
  await finish([erase, called], { state: "failed", error: error("it broke"), fingerprint: "aa" });

  const adas = [erase, opened, called].sort();
  expect(await found({ contactId: ada })).toEqual(adas);
  for (const words of ["ADA@example.org", "ada love", "+1 202 555 0123", ada])
    expect([words, await found({ person: words })]).toEqual([words, adas]);
  expect(await found({ person: "ada", state: "failed" })).toEqual([erase, called].sort());
  expect(await found({ person: "ada", contactId: ada, type: "contacts.erase" })).toEqual([erase]);
  expect(await found({ person: "planck" })).toEqual([called, other].sort());
  expect(await found({ person: "stranger@example.net" })).toEqual([tested]);
  expect(await found({ person: "nobody@example.org" })).toEqual([]);
  expect(await found({ person: "ada", contactId: max })).toEqual([]);
});

test("a callback that could not be applied is found by the person it names, and so is its job", async () => {
  const grace = await person("grace@example.org", "Grace", "Hopper");
  const messageId = await message(grace, "grace@example.org");
  const told = { address: "grace@example.org", messageId, providerMessageId: "pm-1", at: new Date() };
  const { body } = callbackSenders.postmark.make({ kind: "hard", ...told });
  const id = makeId();
  await query(
    at.deps.db,
    "insert into messaging.webhook_inbox (id, provider, delivery_id, body) values (?, 'postmark', 'd2', ?)",
    [id, Buffer.from(body)],
  );
  const job = await add("webhook.process", { id }, { entity: `webhook:${id}` });
  const around = { secretKeys: ["k"], confirm: async () => undefined };
  await query(at.deps.db, "alter table consent.suppressions rename to away");
  await expect(processWebhook(at.deps, around, { id }, true)).rejects.toThrow(/suppressions/);
  await query(at.deps.db, "alter table consent.away rename to suppressions");
  expect(await found({ person: "grace@example.org" })).toEqual([job]);
  expect(await showWebhook(at.deps, { id })).toMatchObject({
    state: "failed",
    messageIds: [messageId],
    shape: { Email: "text, 17 characters", RecordType: "text, 6 characters" },
  });
  expect((await readBody(at.deps, { id })).body).toBe(body);
  await expect(showWebhook(at.deps, { id: makeId() })).rejects.toMatchObject({ type: "WEBHOOK_NOT_FOUND" });
  await query(at.deps.db, "update messaging.webhook_inbox set body = null where id = ?", [id]);
  expect(await showWebhook(at.deps, { id })).toMatchObject({ size: null, shape: null });
  await expect(readBody(at.deps, { id })).rejects.toMatchObject({ type: "WEBHOOK_ERASED" });
});

test("a search for more than 200 people says so instead of showing some of their jobs", async () => {
  await query(
    at.deps.db,
    `insert into contacts.contacts (id, community_id, email, first_name)
     select gen_random_uuid(), c.id, 'many' || n || '@example.org', 'Many' from contacts.communities c, generate_series(1, 201) n
     where c.is_default`,
  );
  await expect(found({ person: "many" })).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
    data: { errors: [{ path: "person", message: expect.stringMatching(/more than 200 people/) }] },
  });
  expect(await found({ person: "many7@example.org" })).toEqual([]);
});

test("what a search by person reads does not grow with the jobs of others", async () => {
  await query(
    at.deps.db,
    `insert into jobs.history (id, type, group_name, queue, lane, state, input, entity, attempts, run_at, errors, created_at, finished_at)
     select gen_random_uuid(), 'contacts.erase', 'contacts', 'default', 'normal', 'completed', '{}',
       'contact:' || gen_random_uuid(), 1, now(), '[]', now(), now() from generate_series(1, 20000)`,
  );
  await query(at.deps.db, "analyze jobs.history");
  const plan = await query<{ "QUERY PLAN": string }>(
    at.deps.db,
    `explain select id from jobs.history where entity = any(?) order by id desc limit 51`,
    [[`contact:${makeId()}`, `message:${makeId()}`]],
  );
  const text = plan.map((row) => row["QUERY PLAN"]).join("\n");
  expect(text).toMatch(/history_\w+_entity_id_idx/);
  const [today] = await query<{ name: string }>(
    at.deps.db,
    `select to_char(now() at time zone 'UTC', '"history_"YYYY_MM_DD') as name`,
  );
  expect(text).toContain(`on ${today?.name} `);
  expect(text).not.toContain(`Seq Scan on ${today?.name} `);
  await query(at.deps.db, "delete from jobs.history where state = 'completed' and input = '{}'");
});

test("the page of a job tells the shape of its input and none of its values", async () => {
  const id = await add("tracking.click-record", {
    messageId: accountId,
    type: "clicked",
    url: "https://example.org/ada",
    at: "2026-11-01T00:00:00Z",
    userAgent: null,
    addressHash: "0123456789",
  });
  const shown = await showJob(at.deps, id);
  expect(shown.shape).toEqual({
    messageId: accountId,
    type: "text, 7 characters",
    url: "text, 23 characters",
    at: "2026-11-01T00:00:00Z",
    userAgent: null,
    addressHash: "text, 10 characters",
  });
  expect(JSON.stringify(shown)).not.toContain("example.org/ada");
  expect(shown.entity).toBe(`message:${accountId}`);
});

test("failures are told by kind, with the newest error, how many and when, inside the window only", async () => {
  const make = (n: number) =>
    at.deps.db.transaction((trx) =>
      enqueueMany(
        trx,
        "campaign.finalize",
        Array.from({ length: n }, () => ({ campaignId: makeId() })),
      ),
    );
  const [many, late, old] = [await make(30), await make(1), await make(5)];
  await finish(many, { state: "failed", fingerprint: "f1", error: error("first words"), endedAgoMs: 5 * hour });
  await finish(late, { state: "failed", fingerprint: "f1", error: error("last words"), endedAgoMs: hour });
  await finish(await make(2), { state: "failed", fingerprint: "f2", error: error("another"), endedAgoMs: 2 * hour });
  await finish(old, { state: "failed", fingerprint: "f3", error: error("long ago"), endedAgoMs: 9 * 24 * hour });
  await finish(await make(2), { state: "cancelled", endedAgoMs: hour });
  const params = { queue: "default", type: "campaign.finalize", sort: "last", limit: 50 } as const;
  const { data, total } = await showFailures(at.deps, params);
  expect([total, data.map(({ fingerprint, count }) => [fingerprint, count])]).toEqual([
    2,
    [
      ["f1", 31],
      ["f2", 2],
    ],
  ]);
  expect(data[0]).toMatchObject({ jobId: late[0], error: { message: "last words" }, type: "campaign.finalize" });
  expect(Date.parse(data[0]?.lastAt ?? "") - Date.parse(data[0]?.firstAt ?? "")).toBeGreaterThan(3 * hour);
  expect(data[0]?.counts).toHaveLength(24);
  expect(data[0]?.counts.reduce((sum, n) => sum + n, 0)).toBe(31);
  expect(data[0]?.counts.at(-1)).toBe(31);
  const from = new Date(Date.now() - 3 * hour).toISOString();
  const lately = await showFailures(at.deps, { ...params, from, sort: "count" });
  expect(lately.data.map(({ fingerprint, count }) => [fingerprint, count])).toEqual([
    ["f2", 2],
    ["f1", 1],
  ]);
  expect((await showFailures(at.deps, { ...params, limit: 1 })).total).toBe(2);
  expect((await showFailures(at.deps, { ...params, queue: "emails" })).data).toEqual([]);
  await expect(showFailures(at.deps, { ...params, from, until: from })).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
  });
});

test("a bulk act with another number than was confirmed begins nothing, and leaves alone what failed since", async () => {
  const make = (n: number) =>
    at.deps.db.transaction((trx) =>
      enqueueMany(
        trx,
        "campaign.launch",
        Array.from({ length: n }, () => ({ campaignId: makeId() })),
        { tags: ["confirmed"] },
      ),
    );
  const first = await make(3);
  await finish(first, { state: "failed", fingerprint: "c1", endedAgoMs: 1_000 });
  const filter = { tag: "confirmed", state: "failed" } as const;
  await expect(bulkAct(at.deps, { act: "retry", filter, expected: 2, dryRun: false })).rejects.toMatchObject({
    type: "BULK_COUNT_CHANGED",
    data: { count: 3 },
  });
  const { jobId } = await bulkAct(at.deps, { act: "retry", filter, expected: 3, dryRun: false });
  const bulk = await findJob(at.deps.db, jobId as string);
  expect(bulk).toMatchObject({ type: "jobs.bulk-act", tags: ["retry"] });
  const later = await make(2);
  await finish(later, { state: "failed", fingerprint: "c1" });
  const lines: string[] = [];
  await runBulkAct(bulk?.input as Parameters<typeof runBulkAct>[0], {
    id: jobId as string,
    attempt: 1,
    signal: new AbortController().signal,
    deps: at.deps,
    log: (line) => void lines.push(line),
    progress: () => undefined,
  });
  expect(lines).toEqual(["retry: 3 of 3 jobs"]);
  expect(await found({ tag: "confirmed", state: "queued" })).toEqual([...first].sort());
  expect(await found(filter)).toEqual([...later].sort());
});
