// The search over all messages and its CSV: by person, address, state, reason, source and time, each row once.
import { afterAll, beforeAll, expect, test } from "vitest";
import { countFound, type SearchFilter, searchMessages } from "../../services/campaigns/messages/list.ts";
import { messagesCsv } from "../../services/campaigns/messages/messages-csv.ts";
import { query } from "../../shared/db/knex.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
const campaign = makeId();
const ids: Record<string, string> = {};

interface Row {
  readonly key: string;
  readonly state: string;
  readonly reason?: string;
  readonly contact?: string;
  readonly address?: string;
  readonly source?: string;
  readonly created?: string;
  readonly providerId?: string;
  readonly detail?: string;
}

/** A message as the ledger has it; its id is of the moment it was made. */
const add = async (row: Row) => {
  const created = row.created ?? new Date().toISOString();
  const head = Date.parse(created).toString(16).padStart(12, "0");
  const id = `${head.slice(0, 8)}-${head.slice(8)}${makeId().slice(13)}`;
  ids[row.key] = id;
  const source = row.source ?? "campaign";
  const sourceId = source === "campaign" ? campaign : "00000000-0000-7000-8000-000000000001";
  await query(
    at.deps.db,
    `insert into messaging.messages (id, source, source_id, channel, contact_id, address, state, reason, provider_message_id, detail, created_at)
     values (?, ?, ?, 'email', ?, ?, ?, ?, ?, ?, ?)`,
    [
      id,
      source,
      sourceId,
      row.contact ?? null,
      row.address ?? null,
      row.state,
      row.reason ?? null,
      row.providerId ?? null,
      row.detail ?? null,
      created,
    ],
  );
  await query(
    at.deps.db,
    "insert into messaging.message_keys (source, source_id, step, channel, contact_id, recipient, message_id) values (?, ?, ?, 'email', ?, ?, ?)",
    [source, sourceId, id, row.contact ?? null, row.address ?? null, id],
  );
};
const person = async (email: string, first: string, last: string, phone: string | null = null) => {
  const id = makeId();
  await query(
    at.deps.db,
    `insert into contacts.contacts (id, community_id, email, first_name, last_name, phone)
     select ?, id, ?, ?, ?, ? from contacts.communities where is_default`,
    [id, email, first, last, phone],
  );
  return id;
};

beforeAll(async () => {
  at = await useCaseDeps();
  const ada = await person("ada@example.org", "Ada", "Lovelace", "+12025550123");
  const max = await person("max@example.com", "Max", "Planck");
  await add({
    key: "old",
    state: "accepted",
    contact: ada,
    address: "ada@example.org",
    created: "2025-03-01T12:00:00.000Z",
  });
  await add({ key: "sent", state: "accepted", contact: ada, address: "ada@example.org", providerId: "re_9f8e7d6c5b" });
  await add({ key: "left", state: "skipped", reason: "no_consent", contact: max, address: "max@example.com" });
  await add({
    key: "dead",
    state: "bounced",
    reason: "hard_bounce",
    contact: max,
    address: "max@example.com",
    detail: "=cmd|' /C calc'!A0",
  });
  await add({ key: "bare", state: "accepted", source: "transactional", address: "shop@example.net" });
  ids["ada"] = ada;
});
afterAll(() => at.close());

const found = async (filter: SearchFilter): Promise<string[]> => {
  const { data } = await searchMessages(at.deps, { ...filter, limit: 50 });
  expect((await countFound(at.deps, filter)).count).toBe(data.length);
  const names = new Map(Object.entries(ids).map(([key, id]) => [id, key]));
  return data.map(({ id }) => names.get(id) ?? id);
};

test.each<[string, () => SearchFilter, readonly string[]]>([
  ["everything, the newest first", () => ({}), ["bare", "dead", "left", "sent", "old"]],
  ["a name", () => ({ q: "lovel" }), ["sent", "old"]],
  ["both names in any order", () => ({ q: "planck max" }), ["dead", "left"]],
  ["the beginning of an address", () => ({ q: "ada@exam" }), ["sent", "old"]],
  ["a number however it is grouped", () => ({ q: "+1 (202) 555-0123" }), ["sent", "old"]],
  ["the whole address of somebody who is no contact", () => ({ q: "Shop@Example.net" }), ["bare"]],
  ["the id of a message", () => ({ q: ids["left"] ?? "" }), ["left"]],
  ["the provider's id", () => ({ q: "re_9f8e7d6c5b" }), ["sent"]],
  ["words that nobody has", () => ({ q: "nobody at all" }), []],
  ["signs alone", () => ({ q: "'):* &" }), []],
  ["the address", () => ({ to: " MAX@example.com " }), ["dead", "left"]],
  ["the contact", () => ({ contactId: ids["ada"] }), ["sent", "old"]],
  ["the state", () => ({ state: "bounced" }), ["dead"]],
  ["state and reason", () => ({ state: "skipped", reason: "no_consent" }), ["left"]],
  ["the reason alone", () => ({ reason: "hard_bounce" }), ["dead"]],
  ["the source", () => ({ source: "transactional" }), ["bare"]],
  ["one campaign and a state", () => ({ sourceId: campaign, state: "accepted" }), ["sent", "old"]],
  ["a time", () => ({ from: "2025-03-01T12:00:00.000Z", until: "2025-03-01T12:00:00.001Z" }), ["old"]],
  ["before a time", () => ({ until: "2025-03-01T12:00:00.000Z" }), []],
  ["a person and a state", () => ({ q: "max", state: "bounced", channel: "email" }), ["dead"]],
])("finds by %s", async (_name, filter, keys) => {
  expect(await found(filter())).toEqual(keys);
});

test("words that thousands share find the newest messages of all of them", async () => {
  await query(
    at.deps.db,
    `with made as (
       insert into contacts.contacts (id, community_id, email, last_name)
       select make_uuid7(), c.id, 'crowd' || n || '@example.org', 'Multitude' from contacts.communities c, generate_series(1, 2100) n
       where c.is_default returning id, email)
     insert into messaging.messages (id, source, source_id, channel, contact_id, address, state)
     select make_uuid7(), 'campaign', ?, 'email', id, email, 'accepted' from made order by email desc limit 3`,
    [makeId()],
  );
  const page = await searchMessages(at.deps, { q: "multitude", limit: 50 });
  expect(page.data).toHaveLength(3);
  expect(page.data.every(({ address }) => address?.startsWith("crowd"))).toBe(true);
  await query(at.deps.db, "delete from messaging.messages where address like 'crowd%'");
});

test("the CSV holds each row once over all its pieces, and no cell that a spreadsheet would run", async () => {
  await query(
    at.deps.db,
    `insert into messaging.messages (id, source, source_id, channel, address, state)
     select make_uuid7(), 'campaign', ?, 'email', 'many' || n || '@example.org', 'accepted' from generate_series(1, 2500) n`,
    [makeId()],
  );
  let text = "";
  let pieces = 0;
  for (let cursor: string | undefined; ; ) {
    const { csv, nextCursor } = await messagesCsv(at.deps, { cursor });
    text += csv;
    pieces += 1;
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  expect(pieces).toBe(3);
  expect(text.lastIndexOf("\ufeff")).toBe(0);
  const [head, ...lines] = text.trimEnd().split("\r\n");
  expect(head).toMatch(/^\ufeffid,created,address,state,reason,/);
  expect(lines).toHaveLength((await countFound(at.deps, {})).count);
  expect(new Set(lines.map((line) => line.split(",")[0])).size).toBe(2505);
  expect(lines.find((line) => line.includes("calc"))).toContain(",'=cmd|");
});
