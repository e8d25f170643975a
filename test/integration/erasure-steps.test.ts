// The steps of an erasure one by one: who may ask, what it waits for, what an interruption leaves, and what it must not touch.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { JobRun } from "../../shared/jobs/define.ts";
import { until } from "../helpers/processes.ts";
import { type ServedServices, serveServices } from "../helpers/service-broker.ts";

let at: ServedServices;
let deps: Deps;
let run: (contactId: string) => Promise<void>;
let request: (id: string, confirm: string, caller?: Caller) => Promise<unknown>;
const forgotten: string[][] = [];

// biome-ignore lint/suspicious/noExplicitAny: rows of any table
const sql = async (text: string, values: unknown[] = []): Promise<any[]> =>
  // biome-ignore lint/suspicious/noExplicitAny: what knex takes as bindings
  (await deps.db.raw<{ rows: unknown[] }>(text, values as any)).rows;

beforeAll(async () => {
  at = await serveServices(() =>
    Promise.all([
      import("../../services/contacts/contacts.service.ts"),
      import("../../services/contacts/consent.service.ts"),
      import("../../gateway/accounts/accounts.service.ts"),
    ]),
  );
  const { depsOf } = await import("../../shared/broker/deps.ts");
  const { runErasure } = await import("../../services/contacts/erasure/run-erasure.ts");
  const { requestErasure } = await import("../../services/contacts/erasure/request-erasure.ts");
  deps = depsOf(at.broker);
  request = (id, confirm, caller) => requestErasure(deps, { id, confirm }, caller);
  run = (contactId) =>
    runErasure({ contactId }, {
      id: "job",
      attempt: 1,
      signal: new AbortController().signal,
      deps,
      log: () => undefined,
      progress: () => undefined,
    } satisfies JobRun);
});
afterAll(() => at.close());

const message = async (contactId: string, address: string, state: string): Promise<string> => {
  const id = deps.id();
  await sql(
    `insert into messaging.messages (id, source, source_id, channel, contact_id, address, state, vars) values (?, 'transactional', '00000000-0000-7000-8000-000000000001', 'email', ?, ?, ?, '{"firstName": "Rosalind"}')`,
    [id, contactId, address, state],
  );
  await sql(
    `insert into messaging.message_keys (source, source_id, step, channel, contact_id, address, recipient, message_id)
     values ('transactional', '00000000-0000-7000-8000-000000000001', ?, 'email', ?, ?, ?, ?)`,
    [id, contactId, address, address, id],
  );
  return id;
};
const caller = (role: Caller["role"]): Caller => ({
  userId: deps.id(),
  email: "x@example.org",
  role,
  abilities: ["read", "write"],
});
const finished = async (id: string) =>
  (await sql("select 1 from contacts.erasures where contact_id = ? and finished_at is not null", [id])).length === 1;

test("only owners and managers may erase and export", async () => {
  const { id } = await at.call("contacts.create", { email: "role@example.org" });
  await expect(request(id, "role@example.org", caller("editor"))).rejects.toMatchObject({ type: "ABILITY_MISSING" });
  await expect(at.broker.call("contacts.export", { id }, { meta: { caller: caller("viewer") } })).rejects.toMatchObject(
    { type: "ABILITY_MISSING" },
  );
  expect(await request(id, " Role@Example.org", caller("manager"))).toEqual({ id, status: "erasing" });
  expect(await request(id, "role@example.org", caller("owner"))).toEqual({ id, status: "erasing" });
  expect(await sql("select 1 from jobs.jobs where type = 'contacts.erase'")).toHaveLength(1);
});

test("what is held about a person never has the key of an account in it, whoever has the same address", async () => {
  const { id } = await at.call("contacts.create", { email: "owner-too@example.org" });
  const { addAccountMail } = await import("../../gateway/accounts/account-mail.ts");
  const mail = { to: "owner-too@example.org", vars: { link: "https://example.org/reset/key-of-the-owner" } };
  await deps.db.transaction((trx) => addAccountMail(trx, deps.id, "password", mail));
  const held = await at.broker.call("contacts.export", { id }, { meta: { caller: caller("manager") } });
  expect(JSON.stringify(held)).toContain("Choose a new password");
  expect(JSON.stringify(held)).not.toContain("key-of-the-owner");
  await sql("delete from messaging.message_keys where recipient = 'owner-too@example.org'");
});

test("an erasure that another group holds up stops the messages at once, and is finished by a later run", async () => {
  const { id } = await at.call("contacts.create", {
    email: "rosalind@example.org",
    firstName: "Rosalind",
    lastName: "Franklin",
  });
  const queued = await message(id, "rosalind@example.org", "queued");
  const leaving = await message(id, "rosalind@example.org", "handing_off");
  await request(id, "rosalind franklin");
  await expect(run(id)).rejects.toMatchObject({
    name: "RetryLater",
    message: "A message to the person is being handed over",
  });
  expect(await sql("select state, reason from messaging.messages where id = ?", [queued])).toEqual([
    { state: "skipped", reason: "erased" },
  ]);
  await sql("update messaging.messages set state = 'accepted' where id = ?", [leaving]);
  // The sandbox is away: nothing of what leads to the person is lost yet.
  await expect(run(id)).rejects.toMatchObject({ name: "RetryLater", message: "The gateway or the sandbox is away" });
  expect(await sql("select email from contacts.contacts where id = ?", [id])).toEqual([
    { email: "rosalind@example.org" },
  ]);
  at.broker.createService({
    name: "sandbox",
    actions: {
      forgetMail(ctx) {
        forgotten.push((ctx.params as { addresses: string[] }).addresses);
        return { forgotten: 0 };
      },
    },
  });
  await at.broker.waitForServices("sandbox");
  await run(id);
  expect(await finished(id)).toBe(true);
  expect(forgotten.at(-1)).toEqual(["rosalind@example.org"]);
  expect(await sql("select address, vars, contact_id, state from messaging.messages where id = ?", [leaving])).toEqual([
    { address: null, vars: null, contact_id: null, state: "accepted" },
  ]);
  const [keys] = await sql(
    "select count(*)::int as n, count(distinct address)::int as hashes, bool_and(contact_id <> ?) as other from messaging.message_keys",
    [id],
  );
  expect(keys).toEqual({ n: 2, hashes: 1, other: true });
  // Once more, as after a worker that died before it could say so.
  await run(id);
  expect(
    await sql("select event from accounts.audit_log where event = 'contact.erased' and object_id = ?", [id]),
  ).toHaveLength(1);
});

test("an audience that is being written down while somebody in it is erased keeps nothing of them", async () => {
  const { id } = await at.call("contacts.create", { email: "grace@example.org", firstName: "Grace" });
  const { addAudienceChunk } = await import("../../shared/messaging/ledger.ts");
  const sourceId = deps.id();
  const into = { source: "campaign", sourceId, step: "", initialState: "queued", notBefore: new Date() } as const;
  const condition = { sql: "c.id = ?::uuid", bindings: [id] };
  const judge = { channel: "email", condition, fields: ["firstName"], required: [], asOf: new Date() } as const;
  let erased: Promise<void> | undefined;
  await deps.db.transaction(async (trx) => {
    await addAudienceChunk(trx, { ...into, perTimezone: false }, { ...judge, live: false }, null, 10);
    await request(id, "grace@example.org");
    erased = run(id);
    const waits = until("the erasure to wait", async () => {
      const held = await sql("select 1 from pg_locks where locktype = 'advisory' and not granted");
      return held.length > 0;
    });
    await Promise.race([erased, waits]);
  });
  await erased;
  const rows = await sql("select address, vars, contact_id from messaging.messages where source_id = ?", [sourceId]);
  expect(rows).toEqual([{ address: null, vars: null, contact_id: null }]);
});

test("it waits for imports that were open and erases what they bring of the person", async () => {
  const { id } = await at.call("contacts.create", { email: "dorothy@example.org" });
  const importId = deps.id();
  await sql("insert into contacts.imports (id, status, file_name) values (?, 'running', 'dorothy@example.org.csv')", [
    importId,
  ]);
  await request(id, "dorothy@example.org");
  await expect(run(id)).rejects.toMatchObject({ message: "An import is open that may bring the person again" });
  await sql(
    `insert into contacts.contacts (id, community_id, email, import_id) select make_uuid7(), id, 'dorothy@example.org', ? from contacts.communities where is_default`,
    [importId],
  );
  await sql("update contacts.imports set status = 'completed' where id = ?", [importId]);
  await run(id);
  expect(await finished(id)).toBe(true);
  expect(await sql("select 1 from contacts.contacts where email = 'dorothy@example.org'")).toEqual([]);
  expect(await sql("select file_name from contacts.imports where id = ?", [importId])).toEqual([
    { file_name: "(erased).csv" },
  ]);
});

test("a number that another contact has too stays theirs, and an earlier deleted copy of the person goes", async () => {
  const shared = "+12025550144";
  const copy = await at.call("contacts.create", { email: "lise@example.org", firstName: "Lise" });
  await at.call("contacts.remove", { id: copy.id });
  const { id } = await at.call("contacts.create", { email: "lise@example.org", phone: shared, firstName: "Lise" });
  const shop = await at.call("contacts.create", { orgName: "Lise's shop", kind: "business", phone: shared });
  await at.call("consent.suppress", { channel: "sms", address: shared });
  await request(id, "lise@example.org");
  await run(id);
  expect(await sql("select id from contacts.contacts where email = 'lise@example.org'")).toEqual([]);
  expect((await at.call("consent.suppressionsOf", { id: shop.id })).data).toMatchObject([
    { channel: "sms", address: shared },
  ]);
});

test("of refused rows those about the person are emptied, the others stay, and all still count", async () => {
  const { id } = await at.call("contacts.create", {
    email: "chien@example.org",
    phone: "+12025550166",
    firstName: "Chien",
    lastName: "Wu",
  });
  const importId = deps.id();
  await sql("insert into contacts.imports (id, status, file_name, failed) values (?, 'completed', 'x.csv', 5)", [
    importId,
  ]);
  const rows = [
    ["CHIEN@example.org", "x", "y"],
    ["", "(202) 555-0166", "z"],
    ["broken@@", "Chien", "Wu"],
    ["broken@@", "Chien", "Li"],
    ["other@@", "202 555 0167", "Wu"],
  ];
  for (const [n, cells] of rows.entries())
    await sql("insert into contacts.import_errors (import_id, row_number, errors, raw) values (?, ?, '[]', ?)", [
      importId,
      n + 1,
      JSON.stringify(cells),
    ]);
  await request(id, "+1 202 555 0166");
  await run(id);
  const left = await sql(
    "select row_number as row, raw = '[]' as empty from contacts.import_errors where import_id = ? order by 1",
    [importId],
  );
  expect(left.map(({ empty }) => empty)).toEqual([true, true, true, false, false]);
});

test("an erased address stays suppressed when the first key changes, as long as the old one is kept", async () => {
  const { erasedAddress, joinSuppressions, spellingsOf } = await import("../../shared/consent/erased-addresses.ts");
  const old = ["o".repeat(40)];
  const rotated = ["n".repeat(40), ...old];
  await sql(
    "insert into consent.suppressions (id, channel, address, reason) values (make_uuid7(), 'email', ?, 'erased')",
    [erasedAddress("key@example.org", old)],
  );
  expect(spellingsOf("key@example.org", rotated)).toContain(erasedAddress("key@example.org", old));
  const reasonFor = async (address: string, keys: readonly string[]) => {
    const { joins, reason } = joinSuppressions("'email'", "a.address", undefined, keys);
    const [row] = await sql(`select ${reason} as reason from (select ?::text as address) a ${joins.sql}`, [
      address,
      ...joins.bindings,
    ]);
    return row.reason;
  };
  expect(await reasonFor("key@example.org", rotated)).toBe("erased");
  expect(await reasonFor("key@example.org", ["n".repeat(40)])).toBeNull();
  expect(await reasonFor("other@example.org", rotated)).toBeNull();
});
