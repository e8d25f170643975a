// Undoing an import: what it made and nobody touched goes, what it changed comes back, and what people said or did stays.
import { afterAll, beforeAll, expect, test } from "vitest";
import { listActivity } from "../../services/contacts/activity/list-activity.ts";
import { removeCommunity } from "../../services/contacts/communities/remove-community.ts";
import { createContact } from "../../services/contacts/contacts/create-contact.ts";
import { updateContact } from "../../services/contacts/contacts/update-contact.ts";
import { getImport } from "../../services/contacts/imports/get-import.ts";
import { pruneImports } from "../../services/contacts/imports/prune-imports.ts";
import { runImport } from "../../services/contacts/imports/run-import.ts";
import { runUndo } from "../../services/contacts/imports/undo/run-undo.ts";
import { previewUndo, undoImport } from "../../services/contacts/imports/undo/undo-import.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { currentConsent, readLedger } from "../../shared/consent/consents.ts";
import { unsubscribe } from "../../shared/consent/suppressions.ts";
import { importFile, jobRun, upload } from "../helpers/import-runs.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
let deps: Deps;
beforeAll(async () => {
  at = await useCaseDeps();
  deps = at.deps;
});
afterAll(() => at.close());

const mapping = {
  Email: "email",
  Name: "firstName",
  Phone: "phone",
  City: "attrs.city",
  Age: "attrs.age",
  Tags: "tags",
};
const consent = { channels: ["email"], basis: "form", source: "list" };
const file = (...rows: string[]) => `Email,Name,Phone,City,Age,Tags\n${rows.join("\n")}\n`;
const people = (...rows: string[]) => `Email,Name\n${rows.join("\n")}\n`;
const contact = (email: string) => deps.db("contacts.contacts").where({ email, deleted_at: null }).first();
const tagsOf = (id: string) => deps.db("contacts.v_contact_tags").where({ contact_id: id }).orderBy("tag").pluck("tag");
const held = async (id: string) => (await currentConsent(deps.db, [id])).get(id)?.email ?? null;
const undo = async (id: string) => {
  const counted = await previewUndo(deps, { id });
  expect((await undoImport(deps, { id })).status).toBe("undoing");
  await runUndo({ importId: id }, jobRun(deps));
  const found = await getImport(deps, { id });
  expect(found).toMatchObject({ status: "undone", undoableUntil: null });
  return { counted, done: found.undo };
};

test("a contact's stream tells which import it came with and which one changed it", async () => {
  await importFile(deps, people("s@stream.example,Old"), { mapping: { Email: "email", Name: "firstName" } });
  const { id } = await contact("s@stream.example");
  const changing = await importFile(deps, people("s@stream.example,New"), {
    mapping: { Email: "email", Name: "firstName" },
  });
  await importFile(deps, people("s@stream.example,New"), { mapping: { Email: "email", Name: "firstName" } });
  const first = await listActivity(deps, { id, type: "import", limit: 1 });
  expect(first.data).toMatchObject([{ id: changing.id, what: "changed", fileName: "people.csv" }]);
  const rest = await listActivity(deps, { id, type: "import", limit: 9, cursor: String(first.nextCursor) });
  expect(rest.data).toMatchObject([{ what: null, fileName: "people.csv" }]);
  expect(rest.nextCursor).toBeNull();
  await undo(changing.id);
  expect((await listActivity(deps, { id, limit: 9 })).data).toMatchObject([{ type: "import", what: null }]);
});

test("what an import made goes with its tags and consent, and its contacts can come again with a yes that counts", async () => {
  const list = file("a@made.example,A,,Bonn,7,new", "b@made.example,B,,,,new", "a@made.example,A2,,,,again");
  const made = await importFile(deps, list, { mapping, options: { consent } });
  expect(made).toMatchObject({ inserted: 2, updated: 1, undoableUntil: expect.any(String), undo: null });
  const a = await contact("a@made.example");
  const { counted, done } = await undo(made.id);
  expect(done).toEqual({ removed: 2, kept: { messaged: 0, consented: 0, edited: 0 }, restored: 0, partly: 0 });
  expect(counted).toEqual(done);
  expect(await contact("a@made.example")).toBeUndefined();
  expect(await tagsOf(a.id)).toEqual([]);
  expect((await readLedger(deps.db, a.id, { limit: 9 })).map((entry) => [entry.state, entry.source])).toEqual([
    ["revoked", "import undone"],
    ["granted", "list"],
  ]);
  expect(await currentConsent(deps.db, [a.id])).toEqual(new Map());
  await importFile(deps, list, { mapping, options: { consent } });
  expect(await held((await contact("a@made.example")).id)).toBe("granted");
});

test("contacts that somebody wrote to, that said something, or that were changed since stay, each for its reason", async () => {
  const made = await importFile(
    deps,
    people(
      "wrote@kept.example,W",
      "no@kept.example,N",
      "edit@kept.example,E",
      "tag@kept.example,T",
      "late@kept.example,L",
      "skip@kept.example,S",
      "go@kept.example,G",
    ),
    { mapping: { Email: "email", Name: "firstName" }, options: { consent } },
  );
  const ids = Object.fromEntries(
    await Promise.all(
      ["wrote", "no", "edit", "tag", "skip"].map(async (name) => [name, (await contact(`${name}@kept.example`)).id]),
    ),
  );
  const message = async (contactId: string, state: string) => {
    const id = deps.id();
    const source_id = deps.id();
    await deps
      .db("messaging.messages")
      .insert({ id, source: "campaign", source_id, channel: "email", contact_id: contactId, state });
    await deps
      .db("messaging.message_keys")
      .insert({ source: "campaign", source_id, channel: "email", contact_id: contactId, message_id: id });
  };
  await message(ids["wrote"], "delivered");
  await message(ids["skip"], "skipped");
  await deps.db.transaction((trx) =>
    unsubscribe(trx, { channel: "email", address: "no@kept.example", contactId: ids["no"], source: "link" }),
  );
  await updateContact(deps, { id: ids["edit"], lastName: "Edited" });
  await deps.db("contacts.contact_tags").insert({
    contact_id: ids["tag"],
    tag_id: (await deps.db("contacts.tags").where({ name: "new" }).first()).id,
  });
  await importFile(deps, people("late@kept.example,Later"), { mapping: { Email: "email", Name: "lastName" } });
  const { counted, done } = await undo(made.id);
  expect(done).toEqual({ removed: 2, kept: { messaged: 1, consented: 1, edited: 3 }, restored: 0, partly: 0 });
  expect(counted).toEqual(done);
  expect(await contact("go@kept.example")).toBeUndefined();
  expect(await contact("skip@kept.example")).toBeUndefined();
  expect(await held(ids["no"])).toBe("revoked");
  expect(await contact("edit@kept.example")).toMatchObject({ last_name: "Edited" });
});

test("fields, attributes, tags and consent that it changed come back; what was changed since stays", async () => {
  const old = await createContact(deps, {
    email: "old@back.example",
    firstName: "Old",
    attrs: { city: "Bonn", shoe: 42 },
    tags: ["loyal"],
  });
  const said = await createContact(deps, {
    email: "said@back.example",
    firstName: "Said",
    consent: { channels: ["email"], basis: "desk", source: "form" },
  });
  const mixed = await createContact(deps, { email: "mixed@back.example", firstName: "Mixed", attrs: { city: "Ulm" } });
  const before = await deps.db("contacts.contacts").whereIn("id", [old.id, said.id]).orderBy("id");
  const done = await importFile(
    deps,
    file(
      "old@back.example,New,+14155550151,Köln,7,loyal;fresh",
      "said@back.example,New,,,,",
      "mixed@back.example,New,,Köln,9,",
      "old@back.example,Newer,,Mainz,,fresh",
    ),
    { mapping, options: { consent } },
  );
  expect(done).toMatchObject({ inserted: 0, updated: 4 });
  expect(await held(old.id)).toBe("granted");
  await updateContact(deps, { id: mixed.id, attrs: { city: "Trier" } });
  const { counted, done: undone } = await undo(done.id);
  expect(undone).toEqual({ removed: 0, kept: { messaged: 0, consented: 0, edited: 0 }, restored: 2, partly: 1 });
  expect(counted).toEqual(undone);
  const plain = (rows: Record<string, unknown>[]) => rows.map(({ updated_at: _, search: __, ...row }) => row);
  expect(plain(await deps.db("contacts.contacts").whereIn("id", [old.id, said.id]).orderBy("id"))).toEqual(
    plain(before),
  );
  expect(await tagsOf(old.id)).toEqual(["loyal"]);
  expect([await held(old.id), await held(said.id)]).toEqual([null, "granted"]);
  expect(await contact("mixed@back.example")).toMatchObject({ first_name: "Mixed", attrs: { city: "Trier" } });
  expect(await deps.db("contacts.import_changes").where({ import_id: done.id })).toEqual([]);
});

test("an email that somebody took meanwhile stays theirs; everybody else in the chunk is restored", async () => {
  const byPhone = { Phone: "phone", Email: "email", Name: "firstName" };
  const rows = [
    "Email,Name,Phone",
    ...Array.from({ length: 30 }, (_, i) => `first${i}@took.example,F,+141555502${10 + i}`),
  ];
  await importFile(deps, rows.join("\n"), { mapping: byPhone });
  const moved = await importFile(deps, rows.map((row) => row.replace("first", "second")).join("\n"), {
    mapping: { Phone: "phone", Email: "email" },
  });
  expect(moved).toMatchObject({ inserted: 0, updated: 30 });
  const thief = await createContact(deps, { email: "first17@took.example" });
  const { done } = await undo(moved.id);
  expect(done).toMatchObject({ restored: 29, partly: 1 });
  expect((await contact("first17@took.example")).id).toBe(thief.id);
  expect(await contact("first18@took.example")).toMatchObject({ phone: "+14155550228" });
  expect(await contact("second17@took.example")).toMatchObject({ phone: "+14155550227" });
});

test("a community that is gone, and an email that somebody took away, do not stop it, and nobody is left without both", async () => {
  const [left] = await deps.db("contacts.communities").insert({ id: deps.id(), name: "Left behind" }).returning("id");
  await createContact(deps, { email: "moved@gone.example", firstName: "Old", communityId: left.id });
  const bare = await createContact(deps, { email: "bare@gone.example", firstName: "Bare" });
  const list = "Email,Name,Phone,Home\nmoved@gone.example,New,,Elsewhere\nbare@gone.example,New,+14155550199,\n";
  const done = await importFile(deps, list, {
    mapping: { Email: "email", Name: "firstName", Phone: "phone", Home: "community" },
  });
  await removeCommunity(deps, { id: left.id });
  await updateContact(deps, { id: bare.id, email: null });
  await undo(done.id);
  expect(await contact("moved@gone.example")).toMatchObject({ first_name: "Old", community_id: expect.any(String) });
  expect(await deps.db("contacts.contacts").where({ id: bare.id }).first()).toMatchObject({
    ...{ email: null, phone: "+14155550199", first_name: "Bare" },
  });
});

test("a tag that two imports gave stays when one of them is undone", async () => {
  const one = await importFile(deps, file("two@tags.example,,,,,both;one"), { mapping });
  const two = await importFile(deps, file("two@tags.example,X,,,,both;two"), { mapping });
  const { id } = await contact("two@tags.example");
  await undo(two.id);
  expect(await tagsOf(id)).toEqual(["both", "one"]);
  expect((await undo(one.id)).done).toMatchObject({ removed: 0, kept: { edited: 1 } });
});

test("an import that runs cannot be undone, a cancelled one can, and asking twice is asking once", async () => {
  const id = await upload(deps, people("x@ask.example,X"), { mapping: { Email: "email", Name: "firstName" } });
  await expect(undoImport(deps, { id })).rejects.toMatchObject({ type: "IMPORT_NOT_FINISHED", code: 409 });
  await runImport({ importId: id }, jobRun(deps));
  expect(await undoImport(deps, { id })).toMatchObject({ status: "undoing" });
  expect(await undoImport(deps, { id })).toMatchObject({ status: "undoing" });
  expect(await deps.db("jobs.jobs").where({ type: "contacts.import-undo", unique_key: id })).toHaveLength(1);
  await Promise.all([runUndo({ importId: id }, jobRun(deps)), runUndo({ importId: id }, jobRun(deps))]);
  expect(await undoImport(deps, { id })).toMatchObject({ status: "undone", undo: { removed: 1 } });
  await expect(undoImport(deps, { id: deps.id() })).rejects.toMatchObject({ type: "IMPORT_NOT_FOUND" });
});

test("after thirty days an import cannot be undone, after ninety its refused rows are gone", async () => {
  await createContact(deps, { email: "aged@prune.example" });
  const list = people("aged@prune.example,New", "wrong,Bad");
  const aged = async (days: number) => {
    const done = await importFile(deps, list, { mapping: { Email: "email", Name: "firstName" } });
    await deps.db.raw("update contacts.imports set finished_at = now() - ? * interval '1 day' where id = ?", [
      days,
      done.id,
    ]);
    return done.id;
  };
  const [fresh, month, quarter] = [await aged(29), await aged(31), await aged(91)];
  await pruneImports(jobRun(deps));
  const left = async (table: string) =>
    deps.db(`contacts.${table}`).whereIn("import_id", [fresh, month, quarter]).pluck("import_id");
  expect(await left("import_changes")).toEqual([fresh]);
  expect((await left("import_errors")).sort()).toEqual([fresh, month].sort());
  await expect(undoImport(deps, { id: month })).rejects.toMatchObject({ type: "IMPORT_UNDO_EXPIRED" });
  await expect(previewUndo(deps, { id: month })).rejects.toMatchObject({ type: "IMPORT_UNDO_EXPIRED" });
  expect(await getImport(deps, { id: month })).toMatchObject({ undoableUntil: null });
});
