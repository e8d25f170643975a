// What a contact did last, as segments see it: kept up to date by the database itself, whoever writes the events.
import { afterAll, beforeAll, expect, test } from "vitest";
import { previewSegment } from "../../services/contacts/segments/preview-segment.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
let deps: Deps;
const [ada, grace] = ["0198c0de-0000-7000-8000-00000000000a", "0198c0de-0000-7000-8000-00000000000b"];
beforeAll(async () => {
  at = await useCaseDeps();
  deps = at.deps;
  for (const [id, name] of [
    [ada, "ada"],
    [grace, "grace"],
  ])
    await deps.db.raw(
      `insert into contacts.contacts (id, community_id, email, attrs)
       values (?, (select id from contacts.communities), ?, ?::jsonb)`,
      [
        id as string,
        `${name}@example.org`,
        JSON.stringify({ City: "Köln", city: "LYON", size: 36, on: true, long: "éA".repeat(200) }),
      ],
    );
});
afterAll(() => at.close());

const source = "0198c0de-0000-7000-8000-000000000001";
const write = async (contact: string, type: string, days: number, human: boolean | null = null): Promise<string> => {
  const message = deps.id();
  await deps.db("messaging.messages").insert({
    id: message,
    source: "campaign",
    source_id: deps.id(),
    channel: "email",
    contact_id: contact,
    state: "accepted",
  });
  await deps.db("messaging.message_keys").insert({
    source: "campaign",
    source_id: deps.id(),
    channel: "email",
    contact_id: contact,
    message_id: message,
  });
  const id = deps.id();
  await deps.db.raw(
    `insert into messaging.delivery_events (id, message_id, source_id, type, provider, provider_event_id, human, at)
     values (?, ?, ?, ?, 'test', ?, ?, now() - make_interval(days => ?))`,
    [id, message, source, type, id, human, days],
  );
  return id;
};
const found = async (field: string, op: string, value?: unknown) =>
  (await previewSegment(deps, { rule: { field, op, ...(value === undefined ? {} : { value }) }, sample: 10 })).sample
    .map((contact) => contact.email?.split("@")[0])
    .sort();

test("the last open counts, and a later event never moves it back", async () => {
  await write(ada, "opened", 10);
  await write(ada, "opened", 40);
  await write(grace, "opened", 60);
  expect(await found("email.lastOpenedAt", "after", "-30d")).toEqual(["ada"]);
  expect(await found("email.lastOpenedAt", "before", "-30d")).toEqual(["grace"]);
  expect(await found("email.lastClickedAt", "isSet")).toEqual([]);
  expect(await found("lastRepliedAt", "notSet")).toEqual(["ada", "grace"]);
});

test("what turns out to come from a machine stops counting, and what a machine did never counts", async () => {
  const event = await write(grace, "clicked", 1);
  await write(grace, "clicked", 20);
  await write(ada, "clicked", 1, false);
  expect(await found("email.lastClickedAt", "after", "-7d")).toEqual(["grace"]);
  expect(await found("email.lastClickedAt", "isSet")).toEqual(["grace"]);
  await deps.db("messaging.delivery_events").where({ id: event }).update({ human: false });
  expect(await found("email.lastClickedAt", "after", "-7d")).toEqual([]);
  expect(await found("email.lastClickedAt", "before", "-7d")).toEqual(["grace"]);
  expect(await found("email.lastOpenedAt", "before", "-30d")).toEqual(["grace"]);
});

test("attributes are found by any spelling of their value, also long ones, numbers and names that differ in case only", async () => {
  expect(await found("attrs.city", "eq", "lyon")).toEqual(["ada", "grace"]);
  expect(await found("attrs.City", "eq", "KöLN")).toEqual(["ada", "grace"]);
  expect(await found("attrs.city", "eq", "köln")).toEqual([]);
  expect(await found("attrs.city", "in", ["Nowhere", "Lyon"])).toEqual(["ada", "grace"]);
  expect(await found("attrs.size", "in", ["36", "37"])).toEqual(["ada", "grace"]);
  expect(await found("attrs.on", "eq", true)).toEqual(["ada", "grace"]);
  expect(await found("attrs.long", "eq", "éa".repeat(200))).toEqual(["ada", "grace"]);
  expect(await found("attrs.long", "eq", `${"éa".repeat(199)}éb`)).toEqual([]);
});
