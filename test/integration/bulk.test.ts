// Bulk acts, saved views and facets as plain functions on real Postgres: exact numbers, and nothing done twice.
import { afterAll, beforeAll, expect, test } from "vitest";
import { applyChunk } from "../../services/contacts/bulk/acts/apply-chunk.ts";
import { exportFile, readExportChunk } from "../../services/contacts/bulk/export-file.ts";
import { runBulk } from "../../services/contacts/bulk/run-bulk.ts";
import { cancelBulk, getBulk } from "../../services/contacts/bulk/show-bulk.ts";
import { countBulk, startBulk } from "../../services/contacts/bulk/start-bulk.ts";
import { dropExportsOf, lockRunning, readChunk } from "../../services/contacts/bulk/store.ts";
import { createContact } from "../../services/contacts/contacts/create-contact.ts";
import { contactFacets } from "../../services/contacts/contacts/facets/count-facets.ts";
import { listContacts } from "../../services/contacts/contacts/list-contacts.ts";
import { removeContact } from "../../services/contacts/contacts/remove-contact.ts";
import { createView, getView, listViews, removeView, updateView } from "../../services/contacts/views/saved-views.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { jobRun } from "../helpers/import-runs.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
let deps: Deps;
beforeAll(async () => {
  at = await useCaseDeps();
  deps = at.deps;
  await deps.db.raw(`insert into contacts.contacts (id, community_id, email, first_name, stage, attrs)
    select make_uuid7(), (select id from contacts.communities), 'person' || n || '@example.org', 'Name ' || n,
      case when n % 2 = 0 then 'sales' else 'awareness' end, jsonb_build_object('city', 'Town ' || n % 3)
    from generate_series(1, 4500) n`);
  await createContact(deps, { phone: "+14155550132", firstName: "=2+3", attrs: { note: 'say "hi", now' } });
});
afterAll(() => at.close());

const refusal = async (call: Promise<unknown>) => {
  try {
    await call;
  } catch (error) {
    return error as { type: string; data: { count?: number; errors?: { path: string }[] } };
  }
  throw new Error("the call was taken");
};
type Start = Parameters<typeof startBulk>[1];
const act = async (params: Start) => {
  const { id } = await startBulk(deps, params);
  await runBulk({ bulkId: id }, jobRun(deps));
  return getBulk(deps, { id });
};
const tagged = async (tag: string) => (await countBulk(deps, { filter: { tag } })).count;

test("an act takes exactly the contacts that were counted, and is refused when their number has changed", async () => {
  const filter = { stage: "sales" as const };
  const { count } = await countBulk(deps, { filter });
  expect(count).toBe(2250);
  const error = await refusal(startBulk(deps, { act: "tag", tag: "Buyer", filter, expected: 2249 }));
  expect(error).toMatchObject({ type: "BULK_COUNT_CHANGED", data: { count: 2250 } });
  expect(await deps.db("contacts.bulk_acts")).toHaveLength(0);
  expect(await deps.db("contacts.bulk_chunks")).toHaveLength(0);

  const started = await startBulk(deps, { act: "tag", tag: "Buyer", filter, expected: count });
  // Who comes after the confirmation is not in it; who goes is left out.
  await createContact(deps, { email: "late@example.org", stage: "sales" });
  const { data } = await listContacts(deps, { limit: 2, stage: "sales" });
  await removeContact(deps, { id: data[1]?.id ?? "" });
  await runBulk({ bulkId: started.id }, jobRun(deps));
  expect(await getBulk(deps, started)).toMatchObject({
    status: "completed",
    total: 2250,
    done: 2249,
    already: 0,
    skipped: { gone: 1 },
  });
  expect(await tagged("buyer")).toBe(2249);
  expect(await deps.db("jobs.outbox").where({ type: "bulk.finished" })).toHaveLength(1);
});

test("doing it again changes nobody, and taking the tag off undoes it", async () => {
  const filter = { tag: "buyer" };
  expect(await act({ act: "tag", tag: "BUYER", filter, expected: 2249 })).toMatchObject({ done: 0, already: 2249 });
  expect(await act({ act: "untag", tag: "Buyer", filter: {}, expected: 4501 })).toMatchObject({
    done: 2249,
    already: 2252,
  });
  expect(await tagged("buyer")).toBe(0);
});

test("a run that was cut off is carried on after its last chunk, and two runs at once count each contact once", async () => {
  const { id } = await startBulk(deps, { act: "tag", tag: "Everybody", filter: {}, expected: 4501 });
  // A run that did the work of a chunk but was killed before it was counted: its transaction is gone.
  await deps.db
    .transaction(async (trx) => {
      const row = await lockRunning(trx, id);
      if (!row) throw new Error("not running");
      await applyChunk(trx, row, (await readChunk(trx, id, 0)) ?? []);
      throw new Error("killed");
    })
    .catch(() => undefined);
  expect(await tagged("Everybody")).toBe(0);
  const stop = new AbortController();
  const run = jobRun(deps, stop.signal);
  await expect(runBulk({ bulkId: id }, { ...run, progress: () => stop.abort() })).rejects.toThrow();
  expect(await getBulk(deps, { id })).toMatchObject({ status: "running", done: 2000 });
  await Promise.all([runBulk({ bulkId: id }, jobRun(deps)), runBulk({ bulkId: id }, jobRun(deps))]);
  expect(await getBulk(deps, { id })).toMatchObject({ status: "completed", done: 4501, already: 0, skipped: {} });
  expect(await deps.db("contacts.bulk_chunks").where({ bulk_id: id })).toHaveLength(0);
});

test("an erasure waits for an act that is just writing an address of the person down", async () => {
  const { id } = await deps.db("contacts.contacts").where({ email: "person8@example.org" }).first("id");
  const bulk = await startBulk(deps, { act: "suppress", channel: "email", ids: [id], expected: 1 });
  const erase = () =>
    deps.db.transaction((trx) => trx.raw("select 1 from contacts.contacts where id = ? for update nowait", [id]));
  await deps.db.transaction(async (trx) => {
    const row = await lockRunning(trx, bulk.id);
    if (!row) throw new Error("not running");
    await applyChunk(trx, row, [id]);
    await expect(erase()).rejects.toMatchObject({ code: "55P03" });
  });
  await expect(erase()).resolves.toBeDefined();
  await cancelBulk(deps, bulk);
  await deps.db("consent.suppressions").where({ address: "person8@example.org" }).delete();
});

test("an export under way begins anew when somebody in it is erased, and misses nobody else", async () => {
  const { id } = await startBulk(deps, { act: "export", filter: {}, expected: 4501 });
  const stop = new AbortController();
  const run = jobRun(deps, stop.signal);
  await expect(runBulk({ bulkId: id }, { ...run, progress: () => stop.abort() })).rejects.toThrow();
  const { id: gone } = await deps.db("contacts.contacts").where({ email: "person7@example.org" }).first("id");
  await deps.db.transaction(async (trx) => {
    await trx("contacts.contacts").where({ id: gone }).update({ deleted_at: new Date() });
    await dropExportsOf(trx, gone);
  });
  await runBulk({ bulkId: id }, jobRun(deps));
  const { chunks } = await exportFile(deps, { id });
  const texts = await Promise.all(
    Array.from({ length: chunks }, async (_, seq) => (await readExportChunk(deps, { id, seq })).text),
  );
  const lines = texts.join("").trimEnd().split("\r\n");
  expect(lines[0]).toMatch(/email/);
  expect(lines).toHaveLength(1 + 4500);
  expect(await getBulk(deps, { id })).toMatchObject({ status: "completed", done: 4500, skipped: { gone: 1 } });
  await deps.db("contacts.contacts").where({ id: gone }).update({ deleted_at: null });
});

test("a stopped act does nothing more, and an act that has ended cannot be stopped", async () => {
  const { id } = await startBulk(deps, { act: "tag", tag: "Never", filter: {}, expected: 4501 });
  expect(await cancelBulk(deps, { id })).toMatchObject({ status: "cancelled" });
  await runBulk({ bulkId: id }, jobRun(deps));
  expect(await getBulk(deps, { id })).toMatchObject({ status: "cancelled", done: 0 });
  expect(await refusal(cancelBulk(deps, { id }))).toMatchObject({ type: "BULK_ACT_FINISHED" });
});

test("suppressing counts those who were suppressed already and those without an address", async () => {
  const { data } = await listContacts(deps, { limit: 3, q: "person10" });
  const ids = data.map((contact) => contact.id);
  const phoneOnly = (await listContacts(deps, { limit: 1, reach: "no_address" })).data[0]?.id ?? "";
  expect(await act({ act: "suppress", channel: "email", ids: ids.slice(0, 1), expected: 1 })).toMatchObject({
    done: 1,
  });
  expect(
    await act({ act: "suppress", channel: "email", ids: [...ids, phoneOnly], expected: ids.length + 1 }),
  ).toMatchObject({ done: 2, already: 1, skipped: { no_address: 1 } });
  expect((await countBulk(deps, { filter: { reach: "suppressed" } })).count).toBe(3);
});

test("an export is a file that a spreadsheet opens safely, and nobody can fetch what is not ready or was erased", async () => {
  const { id } = await startBulk(deps, { act: "export", filter: {}, expected: 4501 });
  expect(await refusal(readExportChunk(deps, { id, seq: 0 }))).toMatchObject({ type: "EXPORT_NOT_READY" });
  await runBulk({ bulkId: id }, jobRun(deps));
  const done = await getBulk(deps, { id });
  expect(done).toMatchObject({ status: "completed", done: 4501, hasFile: true });
  const texts: string[] = [];
  for (let seq = 0; seq < 3; seq += 1) texts.push((await readExportChunk(deps, { id, seq })).text);
  const text = texts.join("");
  expect(Buffer.byteLength(text)).toBe(done.bytes);
  const lines = text.split("\r\n");
  expect(lines[0]).toBe(
    "\ufeffemail,phone,firstName,lastName,orgName,kind,community,tags,externalId,timezone,stage,score,createdAt,attrs.city,attrs.note",
  );
  expect(lines).toHaveLength(4503);
  const odd = lines.find((line) => line.includes("5550132"));
  expect(odd).toContain(`,'+14155550132,'=2+3,`);
  expect(odd).toContain(`"say ""hi"", now"`);
  const { data } = await listContacts(deps, { limit: 1 });
  await deps.db.transaction((trx) => dropExportsOf(trx, data[0]?.id ?? ""));
  expect(await getBulk(deps, { id })).toMatchObject({ hasFile: false });
});

test("moving and deleting tell how many, and each deleted contact is told of", async () => {
  const community = deps.id();
  await deps.db("contacts.communities").insert({ id: community, name: "Springfield" });
  const filter = { q: "person44" };
  const { count } = await countBulk(deps, { filter });
  expect(await act({ act: "setCommunity", communityId: community, filter, expected: count })).toMatchObject({
    done: count,
  });
  expect(await act({ act: "remove", filter: { communityId: community }, expected: count })).toMatchObject({
    done: count,
  });
  expect(await deps.db("jobs.outbox").where({ type: "contact.removed" })).toHaveLength(count + 1);
  expect((await countBulk(deps, { filter: { communityId: community } })).count).toBe(0);
});

test("an act without what it needs, or with what it does not take, is refused with the place", async () => {
  const paths = async (params: Start) => (await refusal(startBulk(deps, params))).data.errors?.map((e) => e.path);
  expect(await paths({ act: "tag", filter: {}, expected: 1 })).toEqual(["tag"]);
  expect(await paths({ act: "export", tag: "x", filter: {}, expected: 1 })).toEqual(["tag"]);
  expect(await paths({ act: "setCommunity", communityId: deps.id(), filter: {}, expected: 1 })).toEqual([
    "communityId",
  ]);
});

test("facets divide exactly those who fulfil the filter", async () => {
  const facets = await contactFacets(deps, { stage: "sales" });
  const { count } = await countBulk(deps, { filter: { stage: "sales" } });
  expect(facets.total).toBe(count);
  expect(facets.stages).toMatchObject({ sales: count, awareness: 0 });
  expect(Object.values(facets.reach).reduce((sum, n) => sum + n, 0)).toBe(count);
  for (const [reach, n] of Object.entries(facets.reach))
    expect((await countBulk(deps, { filter: { stage: "sales", reach: reach as "open" } })).count).toBe(n);
  expect(facets.tags[0]).toMatchObject({ name: "Everybody" });
});

test("whoever asks for facets afresh sees what was just changed, however long counting took before", async () => {
  // By this clock every reading is ten seconds after the last: counting took so long that its answer is kept for a minute.
  let reading = 0;
  const slow: Deps = { ...deps, clock: { ...deps.clock, monotonic: () => (reading += 10_000) } };
  const before = await contactFacets(slow, { stage: "churn" });
  await createContact(deps, { email: "churned@example.org", stage: "churn" });
  expect((await contactFacets(slow, { stage: "churn" })).total).toBe(before.total);
  expect((await contactFacets(slow, { stage: "churn", fresh: true })).total).toBe(before.total + 1);
  expect((await contactFacets(slow, { stage: "churn" })).total).toBe(before.total + 1);
});

test("a view is its owner's; shared it is seen by all and changed by nobody else", async () => {
  const [ada, grace] = [deps.id(), deps.id()];
  const view = await createView(deps, { name: "Sales in town", filters: { stage: "sales" }, shared: false }, ada);
  expect(view).toMatchObject({ own: true, filters: { stage: "sales" } });
  expect(await refusal(getView(deps, view.id, grace))).toMatchObject({ type: "VIEW_NOT_FOUND" });
  expect(await refusal(createView(deps, { name: "sales IN town", filters: {}, shared: false }, ada))).toMatchObject({
    type: "NAME_TAKEN",
  });
  await updateView(deps, { id: view.id, shared: true }, ada);
  expect((await listViews(deps, { limit: 10 }, grace)).data).toMatchObject([{ name: "Sales in town", own: false }]);
  expect(await refusal(updateView(deps, { id: view.id, name: "Mine" }, grace))).toMatchObject({
    type: "ABILITY_MISSING",
  });
  expect(await refusal(removeView(deps, view.id, grace))).toMatchObject({ type: "ABILITY_MISSING" });
  await createView(deps, { name: "Another", filters: {}, shared: false }, ada);
  const first = await listViews(deps, { limit: 1 }, ada);
  expect(first.data).toMatchObject([{ name: "Another" }]);
  expect((await listViews(deps, { limit: 1, cursor: first.nextCursor ?? "" }, ada)).data).toMatchObject([
    { name: "Sales in town" },
  ]);
  await removeView(deps, view.id, ada);
  expect((await listViews(deps, { limit: 10 }, grace)).data).toEqual([]);
});
