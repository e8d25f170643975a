// Imports on real Postgres: what goes in, what comes out, and what is refused with which words.
import iconv from "iconv-lite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeCommunity } from "../../services/contacts/communities/remove-community.ts";
import { applyBatch, prepareBatch } from "../../services/contacts/imports/batch/apply-batch.ts";
import { cancelImport } from "../../services/contacts/imports/cancel-import.ts";
import { getImport, listImports } from "../../services/contacts/imports/get-import.ts";
import { inspectFile } from "../../services/contacts/imports/inspect-file.ts";
import { exportRefusedRows, listRefusedRows } from "../../services/contacts/imports/refused/list-refused-rows.ts";
import { runImport } from "../../services/contacts/imports/run-import.ts";
import { startImport } from "../../services/contacts/imports/store.ts";
import { beginUpload, discardUpload } from "../../services/contacts/imports/upload/receive-upload.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { currentConsent, recordConsents } from "../../shared/consent/consents.ts";
import { suppress, suppressedAmong, unsubscribe } from "../../shared/consent/suppressions.ts";
import { importFile, jobRun, upload } from "../helpers/import-runs.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
let deps: Deps;
beforeAll(async () => {
  at = await useCaseDeps();
  deps = at.deps;
});
afterAll(() => at.close());

const counts = (file: { total: number; inserted: number; updated: number; skipped: number; failed: number }) => [
  file.total,
  file.inserted,
  file.updated,
  file.skipped,
  file.failed,
];
const contact = (email: string) => deps.db("contacts.contacts").where({ email, deleted_at: null }).first();
const errorsOf = async (id: string) =>
  (await listRefusedRows(deps, { id, limit: 100 })).data.map(
    ({ row, errors }) => [row, errors.map((e) => `${e.column}: ${e.message}`).join(" | ")] as const,
  );
const mapping = { Email: "email", "First Name": "firstName", City: "attrs.city", Tags: "tags" };

test("a list is imported with attributes, tags and consent; duplicates update, bad rows are kept with their reasons", async () => {
  const rows = ["Email,First Name,City,Tags"];
  for (let i = 0; i < 50; i += 1)
    rows.push(`person${i}@example.com,Name${i},"Town, ${i % 7}",${i % 10 === 0 ? "vip;local" : "local"}`);
  rows.push("PERSON0@Example.com,Name0 again,Elsewhere,local", "not-an-address,Bad,Nowhere,local");
  const done = await importFile(deps, rows.join("\n"), {
    mapping,
    options: { consent: { channels: ["email"], basis: "opt-in form", source: "check" } },
    chunkBytes: 100,
  });
  expect(done).toMatchObject({ status: "completed", encoding: "utf-8", delimiter: ",", progress: 1, reason: null });
  expect(counts(done)).toEqual([52, 50, 1, 0, 1]);
  const first = await contact("person0@example.com");
  expect(first).toMatchObject({ first_name: "Name0 again", attrs: { city: "Elsewhere" }, import_id: done.id });
  expect((await currentConsent(deps.db, [first.id])).get(first.id)).toEqual({
    email: "granted",
    sms: null,
    call: null,
  });
  expect(await deps.db("contacts.v_contact_tags").where({ contact_id: first.id }).orderBy("tag").pluck("tag")).toEqual([
    "local",
    "vip",
  ]);
  expect(await errorsOf(done.id)).toEqual([
    [53, 'Email: found "not-an-address"; expected an email address such as name@example.org'],
  ]);
  expect(await deps.db("contacts.import_chunks").where({ import_id: done.id })).toEqual([]);
  expect(
    await deps.db("jobs.outbox").where({ type: "import.finished" }).whereRaw("payload ->> 'importId' = ?", [done.id]),
  ).toHaveLength(1);
});

test("importing the same list again inserts nobody and never takes back a no or lifts a suppression", async () => {
  const list =
    "Email,First Name,City,Tags\nperson1@example.com,New,,\nperson2@example.com,,,\nperson3@example.com,,,\n";
  const [one, two] = [await contact("person1@example.com"), await contact("person2@example.com")];
  await deps.db.transaction(async (trx) => {
    await unsubscribe(trx, { channel: "email", address: one.email, contactId: one.id, source: "link" });
    await recordConsents(trx, [{ contactId: two.id, channel: "email", state: "revoked", source: "phone" }]);
    await suppress(trx, [{ channel: "email", address: "Person3@example.com", reason: "complaint" }]);
    await unsubscribe(trx, { channel: "email", address: "person3@example.com", contactId: null, source: "link" });
  });
  const done = await importFile(deps, list, {
    mapping,
    options: { consent: { channels: ["email", "sms"], basis: "b", source: "s" } },
  });
  expect(counts(done)).toEqual([3, 0, 3, 0, 0]);
  expect(await contact("person1@example.com")).toMatchObject({ first_name: "New", attrs: { city: "Town, 1" } });
  const held = await currentConsent(deps.db, [one.id, two.id]);
  expect([held.get(one.id), held.get(two.id)]).toEqual([
    { email: "revoked", sms: "granted", call: null },
    { email: "revoked", sms: "granted", call: null },
  ]);
  expect([...(await suppressedAmong(deps.db, "email", [one.email, two.email, "person3@example.com"]))].sort()).toEqual([
    "person1@example.com",
    "person3@example.com",
  ]);
  expect(await deps.db("consent.suppressions").where({ address: "person3@example.com" }).pluck("reason")).toEqual([
    "complaint",
  ]);
  const skipped = await importFile(deps, list.replace("New", "Newer"), { mapping, options: { dedupe: "skip" } });
  expect(counts(skipped)).toEqual([3, 0, 0, 3, 0]);
  expect((await contact("person1@example.com")).first_name).toBe("New");
});

test("every cell is checked; what is wrong with a row is said at once, and formulas are data", async () => {
  const file = [
    "Email,Phone,Kind,Zone,Stage,Note,Town",
    "ok@fields.example,(415) 555-0142,Business,europe/paris,SALES,=1+1,North",
    "bad,12,robot,Mars,bored,x,North",
    ",,,,,only a note,",
    "short@fields.example,x",
    "long@fields.example,,,,,,,too many",
    "",
    ",,,,,,",
    "nul@fields.example,,,,,a\0b,",
    `big@fields.example,,,,,${"x".repeat(2001)},`,
    "ok2@fields.example,'+14155550143,,,,,north",
    "clash@fields.example,+14155550142,business,,,,",
    "clash@fields.example,+14155550143,person,,,,",
  ].join("\r\n");
  const all = {
    Email: "email",
    Phone: "phone",
    Kind: "kind",
    Zone: "timezone",
    Stage: "stage",
    Note: "attrs.note",
    Town: "community",
  };
  const done = await importFile(deps, file, { mapping: all });
  expect(counts(done)).toEqual([10, 2, 1, 0, 7]);
  expect(await contact("clash@fields.example")).toMatchObject({
    kind: "business",
    phone: "+14155550142",
    timezone: "Europe/Paris",
    stage: "sales",
    attrs: { note: "=1+1" },
  });
  expect(await deps.db("contacts.communities").whereRaw("lower(name) = 'north'")).toHaveLength(1);
  const errors = await errorsOf(done.id);
  expect(errors.map(([row]) => row)).toEqual([3, 4, 5, 6, 9, 10, 13]);
  expect(errors[0]?.[1].split(" | ").map((text) => text.split(":")[0])).toEqual([
    "Email",
    "Phone",
    "Kind",
    "Zone",
    "Stage",
  ]);
  expect(errors[2]?.[1]).toContain("found 2 columns; expected 7");
  expect(errors[3]?.[1]).toContain("found 8 columns; expected 7");
  expect(errors[4]?.[1]).toContain("Note: found a NUL character");
  expect(errors[5]?.[1]).toContain("found 2001 characters; expected at most 2000");
  const csv = await exportRefusedRows(deps, { id: done.id });
  expect(csv.split("\r\n")[0]).toBe("\ufeffEmail,Phone,Kind,Zone,Stage,Note,Town,row,error");
  expect(csv).toContain('bad,12,robot,Mars,bored,x,North,3,"Email: found');
});

test("error rows are safe in a spreadsheet and can be imported again when they are corrected", async () => {
  const done = await importFile(deps, "Email,Name\n=cmd|x,+Ann\n", { mapping: { Email: "email", Name: "firstName" } });
  const csv = await exportRefusedRows(deps, { id: done.id });
  expect(csv).toContain("'=cmd|x,'+Ann,2,");
  const again = await importFile(deps, csv.replace("'=cmd|x", "ann@again.example"), {
    mapping: { Email: "email", Name: "firstName" },
  });
  expect([counts(again), (await contact("ann@again.example")).first_name]).toEqual([[1, 1, 0, 0, 0], "+Ann"]);
});

test("UTF-16 and Windows-1252 files are read, also when the first odd byte comes late", async () => {
  const utf16 = Buffer.concat([
    Buffer.from([0xff, 0xfe]),
    iconv.encode("Email\tVorname\nutf16@enc.example\tZoë 🙂\n", "utf-16le"),
  ]);
  expect(
    await importFile(deps, utf16, { mapping: { Email: "email", Vorname: "firstName" }, chunkBytes: 7 }),
  ).toMatchObject({ encoding: "utf-16le", delimiter: "\t", inserted: 1 });
  expect((await contact("utf16@enc.example")).first_name).toBe("Zoë 🙂");
  const plain = Array.from({ length: 40_000 }, (_, i) => `late@enc.example;Name number ${i} of many`).join("\n");
  const late = iconv.encode(`Email;Vorname\n${plain}\nlate@enc.example;Jürgen\n`, "windows-1252");
  expect(await importFile(deps, late, { mapping: { Email: "email", Vorname: "firstName" } })).toMatchObject({
    encoding: "windows-1252",
    delimiter: ";",
    inserted: 1,
    updated: 40_000,
  });
  expect((await contact("late@enc.example")).first_name).toBe("Jürgen");
});

test.each([
  ["an empty file", "", "empty"],
  ["an Excel workbook", "PK\u0003\u0004 a workbook", "Excel workbook"],
  [
    "a quote that is never closed",
    'Email,Note\na@broken.example,x\nb@broken.example,"never\nc@broken.example,y\n',
    "Row 3: a quote",
  ],
  [
    "a cell of 12 MB",
    `Email,Note\na@broken.example,x\nb@broken.example,${"x".repeat(12_000_000)}\n`,
    "Row 3 is larger than 1 MB",
  ],
  [
    "a quoted cell of 12 MB",
    `Email,Note\na@broken.example,x\nb@broken.example,"${"x\n".repeat(6_000_000)}"\n`,
    "Row 3 is larger than 1 MB",
  ],
  [
    "50,000 columns",
    `Email,${Array.from({ length: 49_999 }, (_, i) => `c${i}`).join(",")}\na@broken.example\n`,
    "50000 columns; expected at most 1000",
  ],
  ["a row of ten million empty cells", `Email,Note\n${",".repeat(10_000_000)}\n`, "longer than 4 MB"],
])("%s fails with its reason, and what came before it is kept", async (_name, file, words) => {
  const done = await importFile(deps, file);
  expect([done.status, done.reason]).toEqual(["failed", expect.stringContaining(words)]);
  expect(done.total).toBe(done.inserted + done.updated + done.skipped + done.failed);
  if (file.includes("a@broken.example,x")) expect(done.total).toBe(1);
});

test("accents in two parts are those in one: no second tag, community or spelling that looks the same", async () => {
  const list = "Email,First Name,City,Tags,Home\none@accents.example,José,Köln,Café,Zürich\n";
  const choices = { mapping: { ...mapping, Home: "community" } };
  await importFile(deps, list.normalize("NFC"), choices);
  const one = await contact("one@accents.example");
  await importFile(deps, list.normalize("NFD").replace("one@", "two@"), choices);
  const two = await contact("two@accents.example");
  const seen = ({ first_name, attrs, community_id }: typeof one) => ({ first_name, attrs, community_id });
  expect(seen(two)).toEqual(seen(one));
  expect(await deps.db("contacts.tags").whereRaw("name like 'Caf%'").pluck("name")).toEqual(["Café"]);
});

test("a file with a header and nothing else is completed with no rows", async () => {
  expect(await importFile(deps, "Email\r\n")).toMatchObject({ status: "completed", total: 0, progress: 1 });
});

test.each([
  [{ Mail: "email" }, "mapping.Mail", "no column of this name"],
  [{ Email: "e-mail" }, "mapping.Email", "expected one of email"],
  [{ Email: "email", Twice: "attrs.x" }, "mapping.Twice", "2 columns named"],
  [{ Email: "email", City: "email" }, "mapping.City", "already filled"],
  [{ City: "attrs.city" }, "mapping", "at least one of them"],
])("the mapping %j is refused at %s", async (wrong, path, words) => {
  const file = "Email,City,Twice,Twice\na@mapping.example,x,1,2\n";
  const refused = upload(deps, file, { mapping: wrong as Record<string, string> });
  await expect(refused).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
    code: 422,
    data: { errors: [{ path, message: expect.stringContaining(words) }] },
  });
});

test("an unknown country or community is refused by its path", async () => {
  const options = { country: "zz", communityId: "019c0000-0000-7000-8000-00000000dead" };
  await expect(upload(deps, "Email\n", { options })).rejects.toMatchObject({
    data: { errors: [{ path: "options.country" }, { path: "options.communityId" }] },
  });
});

test("an import whose community is deleted before it runs says so, and refuses nobody for another reason", async () => {
  const [made] = await deps.db("contacts.communities").insert({ id: deps.id(), name: "Short-lived" }).returning("id");
  const id = await upload(deps, "Email\na@short.example\nb@short.example\n", { options: { communityId: made.id } });
  await removeCommunity(deps, { id: made.id });
  await runImport({ importId: id }, jobRun(deps));
  expect(await getImport(deps, { id })).toMatchObject({
    ...{ status: "failed", inserted: 0, failed: 0 },
    reason: expect.stringContaining("has been deleted"),
  });
});

test("a cancelled import stops, keeps what it took, and cannot be cancelled into something else", async () => {
  const id = await upload(deps, "Email\nnever@cancel.example\n");
  expect(await cancelImport(deps, { id })).toMatchObject({ status: "cancelled" });
  await runImport({ importId: id }, jobRun(deps));
  expect(await getImport(deps, { id })).toMatchObject({ status: "cancelled", total: 0 });
  expect(await contact("never@cancel.example")).toBeUndefined();
  const done = await importFile(deps, "Email\nwas@cancel.example\n");
  await expect(cancelImport(deps, { id: done.id })).rejects.toMatchObject({ type: "IMPORT_FINISHED" });
  const list = await listImports(deps, { limit: 1 });
  expect([list.data[0]?.id, list.nextCursor]).toEqual([done.id, expect.any(String)]);
});

test("a contact that is deleted between being found and being written comes in as a new one", async () => {
  await importFile(deps, "Email\nleaves@gone.example\n");
  const id = await upload(deps, "Email,Name\nleaves@gone.example,Back\nstays@gone.example,New\n", {
    mapping: { Email: "email", Name: "firstName" },
  });
  const running = await startImport(deps.db, id);
  const row = (number: number, email: string, firstName: string) => ({ row: number, cells: [], email, firstName });
  const batch = {
    rows: [row(2, "leaves@gone.example", "Back"), row(3, "stays@gone.example", "New")],
    bytesDone: 1,
    announce: false,
  };
  if (!running) throw new Error("the import did not start");
  const early = await prepareBatch(deps.db, deps, running, batch);
  await deps.db("contacts.contacts").where({ email: "leaves@gone.example" }).update({ deleted_at: new Date() });
  expect(await applyBatch(deps, running, 0, batch, early)).toBe("repeated");
  expect(counts(await getImport(deps, { id }))).toEqual([2, 2, 0, 0, 0]);
  expect(await contact("leaves@gone.example")).toMatchObject({ first_name: "Back", import_id: id });
});

test("an upload that was not submitted is no import, and can be thrown away once", async () => {
  const { id } = await beginUpload(deps, { fileName: "x.csv" });
  await expect(getImport(deps, { id })).rejects.toMatchObject({ type: "IMPORT_NOT_FOUND" });
  await discardUpload(deps, { id });
  await expect(discardUpload(deps, { id })).rejects.toMatchObject({ type: "IMPORT_NOT_FOUND" });
});

test("looking at a file tells its form and a likely mapping", async () => {
  const head = Buffer.from("E-Mail;Vorname;Ort\na@b.de;Zoë;Köln\n").toString("base64");
  expect(await inspectFile(deps, { head })).toEqual({
    encoding: "utf-8",
    delimiter: ";",
    headers: ["E-Mail", "Vorname", "Ort"],
    sample: [["a@b.de", "Zoë", "Köln"]],
    mapping: { "E-Mail": "email", Vorname: "firstName", Ort: "attrs.city" },
    remembered: null,
  });
  await expect(inspectFile(deps, { head: "" })).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
    data: { errors: [{ path: "head" }] },
  });
});
