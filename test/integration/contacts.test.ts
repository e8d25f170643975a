// Contacts, communities, tags and segments through a real broker on real Postgres.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Contact } from "../../shared/contracts/contacts.ts";
import { type ServedServices, serveServices } from "../helpers/service-broker.ts";

let at: ServedServices;
beforeAll(async () => {
  at = await serveServices(() =>
    Promise.all([
      import("../../services/contacts/contacts.service.ts"),
      import("../../services/contacts/communities.service.ts"),
      import("../../services/contacts/tags.service.ts"),
      import("../../services/contacts/segments.service.ts"),
      import("../../services/contacts/contact-views.service.ts"),
      import("../../services/contacts/consent.service.ts"),
      import("../../services/contacts/imports.service.ts"),
    ]),
  );
});
afterAll(() => at.close());

interface Refusal {
  type: string;
  code: number;
  data: { errors?: { path: string; message: string }[]; [key: string]: unknown };
}
const refusal = async (call: Promise<unknown>): Promise<Refusal> => {
  try {
    await call;
  } catch (error) {
    return error as Refusal;
  }
  throw new Error("the call was taken");
};
const paths = (error: Refusal) => error.data.errors?.map((e) => e.path);
const emails = (list: { data: Contact[] }) => list.data.map((contact) => contact.email);

test("a contact comes back in one spelling per email, number, tag and time zone", async () => {
  const made = await at.call("contacts.create", {
    email: "  Ada.Lovelace@BÜCHER.example ",
    phone: "(415) 555-0132",
    firstName: "Ada",
    tags: ["VIP", "vip", "Local"],
    attrs: { city: "Köln", age: 36, old: null },
    timezone: "europe/berlin",
  });
  expect(made).toMatchObject({
    email: "ada.lovelace@xn--bcher-kva.example",
    phone: "+14155550132",
    kind: "person",
    stage: "awareness",
    score: 0,
    tags: ["Local", "VIP"],
    attrs: { city: "Köln", age: 36 },
    timezone: "Europe/Berlin",
  });
  expect(await at.call("contacts.get", { id: made.id })).toEqual(made);
});

test("wrong fields are all named at once, with what was found and expected", async () => {
  const error = await refusal(at.call("contacts.create", { email: "ada@", phone: "12", timezone: "Mars/Base" }));
  expect([error.type, error.code]).toEqual(["VALIDATION_FAILED", 422]);
  expect(paths(error)).toEqual(["email", "phone", "timezone"]);
  expect(error.data.errors?.[1]?.message).toContain('found "12"; expected a phone number');
  expect(paths(await refusal(at.call("contacts.create", { firstName: "Nobody" })))).toEqual([
    "email",
    "phone",
    "externalId",
  ]);
  expect(paths(await refusal(at.call("contacts.create", { email: "n@example.com", firstName: "a\0b" })))).toEqual([
    "firstName",
  ]);
  const nowhere = { email: "n@example.com", communityId: "019c0000-0000-7000-8000-00000000dead" };
  expect(paths(await refusal(at.call("contacts.create", nowhere)))).toEqual(["communityId"]);
});

test("a second contact with the same email, number or external id is refused and told whom it meets", async () => {
  const first = await at.call("contacts.create", {
    email: "dup@example.com",
    phone: "+14155550177",
    externalId: "crm-1",
  });
  for (const [field, value] of [
    ["email", "DUP@example.com"],
    ["phone", "415-555-0177"],
    ["externalId", "crm-1"],
  ] as const) {
    const error = await refusal(at.call("contacts.create", { email: `${field}@example.com`, [field]: value }));
    expect([error.type, error.code, error.data.field, error.data.existingId]).toEqual([
      "CONTACT_EXISTS",
      409,
      field,
      first.id,
    ]);
  }
  // A business may share its owner's number.
  await at.call("contacts.create", { kind: "business", orgName: "Dup Ltd", phone: "+14155550177" });
  const many = await Promise.allSettled(
    Array.from({ length: 8 }, () => at.call("contacts.create", { email: "race@example.com" })),
  );
  expect(many.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  expect(
    many.filter((one) => one.status === "rejected" && (one.reason as Refusal).type === "CONTACT_EXISTS"),
  ).toHaveLength(7);
});

test("an update merges attributes, replaces tags and never leaves a contact without identity", async () => {
  const { id } = await at.call("contacts.create", { email: "up@example.com", attrs: { a: 1, b: "x" }, tags: ["one"] });
  const changed = await at.call("contacts.update", {
    id,
    attrs: { b: null, c: true },
    tags: ["two", "ONE"],
    lastName: "Up",
    phone: "",
  });
  expect(changed).toMatchObject({
    attrs: { a: 1, c: true },
    tags: ["one", "two"],
    lastName: "Up",
    email: "up@example.com",
    phone: null,
  });
  expect((await refusal(at.call("contacts.update", { id, email: null }))).type).toBe("VALIDATION_FAILED");
  expect((await refusal(at.call("contacts.update", { id, email: "dup@example.com" }))).type).toBe("CONTACT_EXISTS");
});

test("a deleted contact is gone and its email free again, and the events tell of both", async () => {
  const { id } = await at.call("contacts.create", { email: "gone@example.com" });
  await at.call("contacts.remove", { id });
  expect((await refusal(at.call("contacts.get", { id }))).type).toBe("CONTACT_NOT_FOUND");
  expect((await refusal(at.call("contacts.remove", { id }))).code).toBe(404);
  await at.call("contacts.create", { email: "gone@example.com" });
  const { depsOf } = await import("../../shared/broker/deps.ts");
  const events = await depsOf(at.broker)
    .db("jobs.outbox")
    .whereRaw("payload ->> 'contactId' = ?", [id])
    .orderBy("id")
    .pluck("type");
  expect(events).toEqual(["contact.created", "contact.removed"]);
});

test("consent is held only when it was given, and a grant never lifts a suppression", async () => {
  const silent = await at.call("contacts.create", { email: "silent@example.com" });
  const given = await at.call("contacts.create", {
    email: "given@example.com",
    consent: { channels: ["email", "email"], basis: "form", source: "check" },
  });
  expect((await at.call("consent.ledger", { id: silent.id })).data).toEqual([]);
  expect((await at.call("consent.ledger", { id: given.id })).data).toMatchObject([
    { channel: "email", state: "granted", basis: "form", source: "check" },
  ]);
  const first = await at.call("consent.suppress", {
    channel: "email",
    address: "Given@Example.com",
    reason: "complaint",
  });
  expect(await at.call("consent.suppress", { channel: "email", address: "given@example.com" })).toEqual(first);
  await at.call("consent.record", {
    id: given.id,
    channels: ["email", "sms"],
    state: "granted",
    basis: "call",
    source: "desk",
  });
  expect((await at.call("consent.listSuppressions", { q: "given@", channel: "email" })).data).toEqual([first]);
  expect((await at.call("consent.ledger", { id: given.id, limit: 2 })).nextCursor).not.toBeNull();
  expect(paths(await refusal(at.call("consent.suppress", { channel: "sms", address: "hello" })))).toEqual(["address"]);
  await at.call("consent.unsuppress", { id: first.id });
  expect((await refusal(at.call("consent.unsuppress", { id: first.id }))).type).toBe("SUPPRESSION_NOT_FOUND");
});

test("lists page by cursor, newest first, without gaps or repeats, and search by the beginnings of words", async () => {
  const north = await at.call("communities.create", { name: "North" });
  for (let i = 0; i < 7; i += 1)
    await at.call("contacts.create", {
      email: `page${i}@paging.example`,
      lastName: "O'Brien",
      phone: `+1415555020${i}`,
      communityId: north.id,
      ...(i < 3 ? { tags: ["Few"] } : {}),
      stage: i === 6 ? "sales" : "awareness",
    });
  const seen: (string | null)[] = [];
  let cursor: string | undefined;
  do {
    const page = await at.call("contacts.list", { communityId: north.id, limit: 3, ...(cursor ? { cursor } : {}) });
    if (!cursor) expect(page.total).toBe(7);
    seen.push(...emails(page));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `page${i}@paging.example`));
  const found = async (params: Parameters<typeof at.call<"contacts.list">>[1]) =>
    emails(await at.call("contacts.list", params)).length;
  expect(await found({ q: "aging" })).toBe(0);
  expect(await found({ q: "paging.ex" })).toBe(7);
  expect(await found({ q: "o'bri page3" })).toBe(1);
  expect(await found({ q: "PAGE3@paging.example" })).toBe(1);
  expect(await found({ q: "(415) 555-0203" })).toBe(1);
  expect(await found({ q: "!!! ' & | :*" })).toBe(0);
  expect(await found({ tag: "few" })).toBe(3);
  expect(await found({ communityId: north.id, stage: "sales" })).toBe(1);
  expect((await refusal(at.call("contacts.list", { cursor: "bm9wZQ" }))).type).toBe("CURSOR_INVALID");
});

test("communities and tags are plain resources with guarded names", async () => {
  const list = await at.call("communities.list", { limit: 1 });
  expect(list).toMatchObject({ data: [{ name: "Everyone" }], total: 2 });
  const next = await at.call("communities.list", { limit: 1, cursor: list.nextCursor ?? "" });
  expect(next).toMatchObject({ data: [{ name: "North" }], nextCursor: null });
  const taken = await refusal(at.call("communities.create", { name: "north" }));
  expect([taken.type, taken.code, paths(taken)]).toEqual(["NAME_TAKEN", 409, ["name"]]);
  expect((await refusal(at.call("communities.remove", { id: list.data[0]?.id ?? "" }))).type).toBe("COMMUNITY_IN_USE");
  expect((await refusal(at.call("communities.remove", { id: next.data[0]?.id ?? "" }))).type).toBe("COMMUNITY_IN_USE");
  const empty = await at.call("communities.create", { name: "Empty" });
  expect(await at.call("communities.update", { id: empty.id, name: "Void" })).toEqual({ ...empty, name: "Void" });
  await at.call("communities.remove", { id: empty.id });
  expect((await refusal(at.call("communities.get", { id: empty.id }))).type).toBe("COMMUNITY_NOT_FOUND");
  const few = (await at.call("tags.list", { q: "FEW" })).data[0];
  await at.call("tags.remove", { id: few?.id ?? "" });
  expect((await refusal(at.call("tags.update", { id: few?.id ?? "", name: "Many" }))).type).toBe("TAG_NOT_FOUND");
  expect((await at.call("contacts.list", { tag: "few" })).data).toEqual([]);
  const odd = Buffer.from(JSON.stringify(["a", "not-a-uuid"])).toString("base64url");
  expect((await refusal(at.call("tags.list", { cursor: odd }))).type).toBe("CURSOR_INVALID");
});

test("only the actions of the contract are published, not those that moleculer-db brings along", async () => {
  const names = at.broker.registry.getActionList({ onlyLocal: true }).map((action: { name: string }) => action.name);
  expect(names.filter((name: string) => /^tags\./.test(name)).sort()).toEqual([
    "tags.create",
    "tags.get",
    "tags.list",
    "tags.remove",
    "tags.update",
  ]);
});

test("segments are stored only when they compile, guard against lost updates, and filter contacts", async () => {
  const rule = {
    all: [
      { field: "email", op: "contains", value: "paging.example" },
      { none: [{ field: "stage", op: "eq", value: "sales" }] },
    ],
  };
  const segment = await at.call("segments.create", { name: "Pagers", rule });
  expect(segment).toMatchObject({ rule, version: 1 });
  expect((await at.call("contacts.list", { segmentId: segment.id })).data).toHaveLength(6);
  const bad = await refusal(
    at.call("segments.update", { id: segment.id, rule: { all: [{ field: "stage", op: "gt", value: 1 }] } }),
  );
  expect([bad.type, bad.code, paths(bad)]).toEqual(["SEGMENT_RULE_INVALID", 422, ["rule.all.0.op"]]);
  const renamed = await at.call("segments.update", { id: segment.id, name: "Readers", version: 1 });
  expect(renamed.version).toBe(2);
  expect((await refusal(at.call("segments.update", { id: segment.id, name: "Late", version: 1 }))).type).toBe(
    "VERSION_CONFLICT",
  );
  const preview = await at.call("segments.preview", { rule, sample: 2 });
  expect(preview).toMatchObject({ count: 6, sentence: 'email contains "paging.example" and not (stage is "sales")' });
  expect(preview.sample).toHaveLength(2);
  await at.call("segments.remove", { id: segment.id });
  expect((await refusal(at.call("contacts.list", { segmentId: segment.id }))).type).toBe("SEGMENT_NOT_FOUND");
});

test("fields are the built-in ones and every attribute in use", async () => {
  expect((await at.call("contacts.fields", {})).fields).toEqual(
    expect.arrayContaining(["email", "tags", "attrs.city", "attrs.age"]),
  );
});

test("an upload through the actions is queued once, with its job, and shows up in the list", async () => {
  const { id } = await at.call("imports.begin", { fileName: "people.csv" });
  const data = Buffer.from("Email,Name\nup@load.example,Up\n").toString("base64");
  await at.call("imports.storeChunk", { id, seq: 0, data });
  await at.call("imports.storeChunk", { id, seq: 0, data });
  expect(paths(await refusal(at.call("imports.submit", { id, mapping: { Mail: "email" }, options: {} })))).toEqual([
    "mapping.Mail",
  ]);
  const queued = await at.call("imports.submit", { id, mapping: { Email: "email" }, options: {} });
  expect(queued).toMatchObject({ id, status: "queued", bytes: 30, total: 0, progress: 0 });
  expect(await at.call("imports.submit", { id, mapping: { Email: "email" }, options: {} })).toEqual(queued);
  expect((await at.call("imports.list", {})).data).toEqual([queued]);
  const { depsOf } = await import("../../shared/broker/deps.ts");
  expect(await depsOf(at.broker).db("jobs.jobs").where({ type: "contacts.import" }).pluck("entity")).toEqual([
    `import:${id}`,
  ]);
  expect(await at.call("imports.errorsCsv", { id })).toBe("\ufeffrow,error\r\n");
  expect((await at.call("imports.cancel", { id })).status).toBe("cancelled");
  expect((await refusal(at.call("imports.discard", { id }))).type).toBe("IMPORT_NOT_FOUND");
});

test("a segment tells where it is used, and is not deleted from under a campaign that is not over", async () => {
  const segment = await at.call("segments.create", {
    name: "In use",
    rule: { field: "tags", op: "has", value: "in use" },
  });
  const view = await at.call("contactViews.create", { name: "By segment", filters: { segmentId: segment.id } });
  const { depsOf } = await import("../../shared/broker/deps.ts");
  const { db } = depsOf(at.broker);
  const campaign = (status: string) => ({
    id: crypto.randomUUID(),
    name: `News, ${status}`,
    channel: "email",
    status,
    audience: JSON.stringify({ segmentId: segment.id }),
    content: "{}",
  });
  const [draft, over] = [campaign("draft"), campaign("completed")];
  await db("campaigns.campaigns").insert([draft, over]);
  expect(await at.call("segments.usage", { id: segment.id })).toEqual({
    campaigns: [
      { id: draft.id, name: draft.name, status: "draft", open: true },
      { id: over.id, name: over.name, status: "completed", open: false },
    ],
    views: [{ id: view.id, name: "By segment" }],
  });
  const error = await refusal(at.call("segments.remove", { id: segment.id }));
  expect(error).toMatchObject({ type: "SEGMENT_IN_USE", code: 409 });
  await db("campaigns.campaigns").where({ id: draft.id }).update({ status: "cancelled" });
  await at.call("segments.remove", { id: segment.id });
  expect(await refusal(at.call("segments.usage", { id: segment.id }))).toMatchObject({ type: "SEGMENT_NOT_FOUND" });
  // A view that filters by it says so.
  expect(await refusal(at.call("contacts.list", { segmentId: segment.id }))).toMatchObject({
    type: "SEGMENT_NOT_FOUND",
  });
});

test("values are suggested from tags, communities and the contacts that are there", async () => {
  await at.call("contacts.create", { email: "valued@example.org", attrs: { colour: "Green" }, tags: ["Suggested"] });
  const values = async (field: string, q: string) => (await at.call("contacts.values", { field, q })).values;
  expect(await values("attrs.colour", "gre")).toEqual(["Green"]);
  expect(await values("tags", "sugg")).toEqual(["Suggested"]);
  expect(await values("community", "every")).toEqual(["Everyone"]);
  expect(await values("email", "valued")).toEqual([]);
});
