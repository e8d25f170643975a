// Erasure on the whole platform: afterwards nothing in Postgres, Redis or the data folder names the person, and every
// number stands as before.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, freshRedis, hasRealPostgres } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { type Platform, startPlatform } from "../helpers/processes-platform.ts";

const owner = { email: "owner@example.org", password: "correct horse battery" };
const person = {
  email: "zebulonia.q@quackmail.example",
  phone: "+12025550187",
  firstName: "Zebulonia",
  lastName: "Quackenbush",
};
const traces = [/zebulonia/i, /quackenbush/i, /quackmail/i, /2025550187/, /2025550-187/, /Quackland/];

// biome-ignore lint/suspicious/noExplicitAny: answers of the API are checked by the tests themselves
type Json = any;
let platform: Platform;
let db: pg.Client;
let redisUrl: string;
let drop: () => Promise<void> = async () => undefined;
let token = "";
const ids: Record<string, string> = {};
let statsBefore: Json;

const api = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const form = body instanceof FormData;
  const response = await fetch(`${platform.url}${/^\/(sandbox|t|u)\//.test(path) ? path : `/api/v1${path}`}`, {
    method,
    redirect: "manual",
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body && !form ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (/^[[{]/.test(text) ? JSON.parse(text) : text) as Json,
  };
};
const sql = async (text: string, values: unknown[] = []): Promise<Json[]> => (await db.query(text, values)).rows;

const importRows = async (rows: readonly string[], fileName = "people.csv") => {
  const form = new FormData();
  form.set("file", new Blob([["Mail,Phone,First,Last,City", ...rows].join("\n")]), fileName);
  form.set(
    "mapping",
    JSON.stringify({ Mail: "email", Phone: "phone", First: "firstName", Last: "lastName", City: "attrs.city" }),
  );
  form.set("options", JSON.stringify({ consent: { channels: ["email"], basis: "form", source: "test" } }));
  const { body } = await api("POST", "/imports", form);
  return until("the import to finish", async () => {
    const now = (await api("GET", `/imports/${body.id}`)).body;
    return ["completed", "failed"].includes(now.status) && now;
  });
};
const launch = async (fields: object) => {
  const made = await api("POST", "/campaigns", { channel: "email", audience: { all: true }, ...fields });
  await api("POST", `/campaigns/${made.body.id}/launch`, {});
  return made.body.id as string;
};
const statsOf = async (id: string): Promise<Json> => (await api("GET", `/campaigns/${id}/stats`)).body;
const ended = (id: string) => until("the campaign to end", async () => (await statsOf(id)).status === "completed");
const mailTo = (address: string, subject: RegExp) =>
  until("the mail", async () => {
    const { body } = await api("GET", `/sandbox/mail?to=${encodeURIComponent(address)}`);
    return body.data.find((mail: Json) => subject.test(mail.subject));
  });

/** What staff wrote, tried and took out with this person in it. */
const mentionEverywhere = async () => {
  const taken = async (path: string, body: object) => {
    const answer = await api("POST", path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await taken("/contact-views", { name: "Only Zebulonia Quackenbush", filters: { q: person.email }, shared: true });
  await taken("/segments", {
    name: `Just ${person.email}`,
    rule: { all: [{ field: "email", op: "eq", value: person.email }] },
  });
  await taken(`/imports/${ids.import}/consent`, {
    channels: ["call"],
    basis: "Zebulonia Quackenbush told us",
    source: person.email,
  });
  const started = await taken("/contacts/bulk", { act: "export", filter: {}, expected: 2 });
  await until("the export", async () => (await api("GET", `/bulk-acts/${started.id}`)).body.hasFile);
  const [account] = (await api("GET", "/sender-accounts")).body.data;
  expect(await taken(`/sender-accounts/${account.id}/test`, { to: person.email })).toMatchObject({
    outcome: "accepted",
  });
  const template = await taken("/templates", {
    name: "Letter",
    subject: "Letter to {{firstName}}",
    html: "<p>{{lastName|}} of {{attrs.city|}}</p>",
  });
  await taken(`/templates/${template.id}/test-send`, { to: [owner.email], contactId: ids.person });
  await mailTo(owner.email, /^\[Test\] Letter to Zebulonia/);
};

/** Every row of every table, as text; bytes as the text they hold. */
const databaseTraces = async (): Promise<string[]> => {
  const tables = await sql(
    `select format('%I.%I', n.nspname, c.relname) as name,
       array(select attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and atttypid = 'bytea'::regtype) as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name, bytes } of tables) {
    const columns = ["t::text", ...(bytes as string[]).map((column) => `encode(t.${column}, 'escape')`)].join(", ");
    for (const { row } of await sql(`select concat_ws(' ', ${columns}) as row from ${name} t`))
      if (traces.some((trace) => trace.test(row))) found.push(`${name}: ${row}`);
  }
  return found;
};

const redisTraces = async (): Promise<string[]> => {
  const redis = new Redis(redisUrl);
  const found: string[] = [];
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, 0, -1),
    stream: (key) => redis.xrange(key, "-", "+"),
  };
  for (const key of await redis.keys("*")) {
    const text = `${key} ${JSON.stringify(await readers[await redis.type(key)]?.(key))}`;
    if (traces.some((trace) => trace.test(text))) found.push(text);
  }
  redis.disconnect();
  return found;
};

const folderTraces = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .filter((path) => traces.some((trace) => trace.test(readFileSync(path, "latin1"))));

beforeAll(async () => {
  if (!hasRealPostgres()) return;
  const database = await freshDatabase();
  drop = database.drop;
  redisUrl = freshRedis().url;
  platform = await startPlatform({
    timeoutMs: 180_000,
    env: {
      LC_PROCESSES: "one",
      LC_SAMPLE: "0",
      LC_ADMIN_EMAIL: owner.email,
      LC_ADMIN_PASSWORD: owner.password,
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
    },
  });
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
  const login = await api("POST", "/auth/login", owner);
  const cookie = login.headers
    .getSetCookie()
    .map((c) => c.split(";")[0])
    .join("; ");
  const made = await api(
    "POST",
    "/auth/tokens",
    { name: "erasure", abilities: ["read", "write", "send", "admin"] },
    { cookie, "x-csrf-token": login.body.csrfToken, origin: platform.url },
  );
  token = made.body.token;
}, 240_000);
afterAll(async () => {
  await db?.end();
  await platform?.stop();
  await drop();
});

test.skipIf(!hasRealPostgres())("a person leaves traces everywhere", async () => {
  const made = await api(
    "POST",
    "/contacts",
    { ...person, timezone: "Pacific/Honolulu", tags: ["duck"], attrs: { city: "Old Quackland" } },
    { "idempotency-key": `new-${person.email}` },
  );
  expect(made.status).toBe(201);
  ids.person = made.body.id;
  const done = await importRows(
    [
      `${person.email},${person.phone},Zebulonia,Quackenbush,Quackland`,
      "not an address,2025550-187,Zebulonia,Quackenbush,Quackland",
      "ada@example.org,,Ada,Lovelace,London",
    ],
    "Friends of Zebulonia Quackenbush.csv",
  );
  ids.import = done.id;
  expect(done).toMatchObject({ inserted: 1, updated: 1, failed: 1 });
  await api("POST", `/contacts/${ids.person}/consents`, {
    channels: ["sms"],
    state: "granted",
    basis: "Zebulonia Quackenbush said so",
    source: "desk",
  });
  await api("POST", "/suppressions", { channel: "sms", address: person.phone, reason: "stop" });
  ids.sent = await launch({
    name: "Sent",
    content: {
      subject: "News for {{firstName}} {{lastName|}}",
      html: '<p>Hi {{firstName}}, <a href="https://example.org/me?mail={{email|}}">yours</a></p>',
    },
  });
  await ended(ids.sent);
  const mail = await mailTo(person.email, /^News for Zebulonia/);
  const [, click] = /href="[^"]*(\/t\/c\/[\w-]+)"/.exec(mail.html) ?? [];
  const [, open] = /src="[^"]*(\/t\/o\/[\w.-]+)"/.exec(mail.html) ?? [];
  await api("GET", open ?? "none", undefined, { "user-agent": "Zebulonia's Browser" });
  expect((await api("GET", click ?? "none", undefined, { "user-agent": "Zebulonia's Browser" })).status).toBe(302);
  await until("open and click", async () => {
    const { opens, clicks } = await statsOf(ids.sent as string);
    return opens.all === 1 && clicks.all === 1;
  });
  const single = await api("POST", "/messages", {
    channel: "email",
    to: person.email,
    content: { subject: "Your order, Zebulonia Quackenbush", html: "<p>Dear {{who}}</p>" },
    vars: { who: "Zebulonia" },
    idempotencyKey: `order-${person.email}`,
  });
  ids.single = single.body.id;
  await mailTo(person.email, /^Your order/);
  // Honolulu's noon has not come yet: their message waits.
  ids.waiting = await launch({
    name: "Waiting",
    content: { subject: "Later", html: "<p>x</p>" },
    schedule: { at: new Date(Date.now() + 500).toISOString(), perRecipientTimezone: true },
  });
  await until(
    "the ledger of the waiting campaign",
    async () => (await statsOf(ids.waiting as string)).states.queued === 1,
  );
  await mentionEverywhere();
  statsBefore = await statsOf(ids.sent);
  expect((await databaseTraces()).length).toBeGreaterThan(10);
  expect(folderTraces(platform.dataDir)).not.toEqual([]);
});

test.skipIf(!hasRealPostgres())("their activity tells all of it in one stream, and the export holds it", async () => {
  const seen: Json[] = [];
  for (let cursor = ""; ; ) {
    const { body } = await api("GET", `/contacts/${ids.person}/activity?limit=3${cursor && `&cursor=${cursor}`}`);
    seen.push(...body.data);
    if (body.nextCursor === null) break;
    cursor = body.nextCursor;
  }
  expect(new Set(seen.map((entry) => `${entry.type} ${entry.id}`)).size).toBe(seen.length);
  expect(seen.map((entry) => entry.at)).toEqual(
    seen
      .map((entry) => entry.at)
      .sort()
      .reverse(),
  );
  const kinds = seen.map(({ type, what, state, reason, sourceName }) =>
    [type, what ?? state ?? reason, sourceName].filter(Boolean).join(" "),
  );
  expect(kinds.sort()).toEqual(
    [
      "created",
      "consent granted",
      "consent granted",
      "event clicked",
      "event opened",
      "import changed",
      "message accepted",
      "message accepted",
      "message accepted Sent",
      "message queued Waiting",
      "suppression stop",
    ].sort(),
  );
  expect(seen.find((entry) => entry.sourceName === "Sent").subject).toBe("News for Zebulonia Quackenbush");
  const only = await api("GET", `/contacts/${ids.person}/activity?type=suppression`);
  expect(only.body.data).toMatchObject([{ type: "suppression", channel: "sms", address: person.phone }]);

  const file = await api("GET", `/contacts/${ids.person}/export`);
  expect(file.headers.get("content-disposition")).toBe(`attachment; filename="contact-${ids.person}.json"`);
  expect(file.body).toMatchObject({ contact: { email: person.email, attrs: { city: "Quackland" } } });
  expect(file.body.messages).toHaveLength(4);
  expect(file.body.consents).toHaveLength(2);
  expect(file.body.suppressions).toHaveLength(1);
  expect(file.body.messages.flatMap((message: Json) => message.events)).toHaveLength(2);
});

test.skipIf(!hasRealPostgres())("erasing needs their email, number or name", async () => {
  const refused = await api("POST", `/contacts/${ids.person}/erase`, { confirm: "somebody else" });
  expect([refused.status, refused.body.errors[0].path]).toEqual([422, "confirm"]);
  expect((await api("GET", `/contacts/${ids.person}`)).status).toBe(200);
});

test.skipIf(!hasRealPostgres())("erasing leaves nothing of them anywhere, and every number as it was", async () => {
  const asked = await api("POST", `/contacts/${ids.person}/erase`, { confirm: "zebulonia QUACKENBUSH" });
  expect([asked.status, asked.body]).toEqual([202, { id: ids.person, status: "erasing" }]);
  expect((await api("GET", `/contacts/${ids.person}`)).status).toBe(404);
  await until(
    "the erasure",
    async () => (await sql("select 1 from contacts.erasures where finished_at is not null")).length === 1,
  );
  expect(await databaseTraces()).toEqual([]);
  expect(await redisTraces()).toEqual([]);
  expect(folderTraces(platform.dataDir)).toEqual([]);

  expect(await statsOf(ids.sent as string)).toEqual(statsBefore);
  expect((await statsOf(ids.waiting as string)).reasons).toMatchObject({ erased: 1 });
  await ended(ids.waiting as string);
  expect((await api("GET", `/messages/${ids.single}`)).body).toMatchObject({ state: "accepted", address: null });
  const consents = await sql("select channel, state, basis, at from consent.consents where channel = 'sms'");
  expect(consents).toMatchObject([{ state: "granted", basis: "(erased) said so" }]);
  const [import_] = await sql("select failed, inserted, updated from contacts.imports");
  expect(await sql("select 1 from contacts.import_changes where contact_id = $1", [ids.person])).toEqual([]);
  expect(import_).toEqual({ failed: 1, inserted: 1, updated: 1 });
  expect((await api("GET", "/sandbox/mail")).body.total).toBe(6);
  expect(
    await sql("select event, user_id is not null as by from accounts.audit_log where event = 'contact.erased'"),
  ).toEqual([{ event: "contact.erased", by: true }]);
});

test.skipIf(!hasRealPostgres())("nobody writes to them again, also when a list brings them back", async () => {
  const back = await importRows([`${person.email},${person.phone},Zeb,,`]);
  expect(back).toMatchObject({ inserted: 1 });
  const [contact] = (await api("GET", `/contacts?q=${person.email}`)).body.data;
  const held = (await api("GET", `/contacts/${contact.id}/suppressions`)).body.data;
  expect(held.map(({ channel, reason, address }: Json) => [channel, reason, address]).sort()).toEqual([
    ["call", "erased", null],
    ["email", "erased", null],
    ["sms", "stop", null],
  ]);
  const preflight = await api("POST", "/campaigns", {
    name: "Again",
    channel: "email",
    audience: { all: true },
    content: { subject: "Again", html: "<p>x</p>" },
  });
  const judged = await api("POST", `/campaigns/${preflight.body.id}/preflight`);
  expect(judged.body).toMatchObject({ recipients: 1, excluded: { suppressed: 1 } });
  const single = await api("POST", "/messages", {
    channel: "email",
    to: person.email,
    content: { subject: "x", html: "<p>x</p>" },
  });
  expect((await api("GET", `/messages/${single.body.id}`)).body).toMatchObject({
    state: "skipped",
    reason: "suppressed",
  });
  const found = (await api("GET", `/suppressions?q=${person.email}`)).body.data;
  expect(found).toMatchObject([{ channel: "email", address: null }]);
  expect((await api("DELETE", `/suppressions/${found[0].id}`)).status).toBe(204);
  expect((await api("POST", `/campaigns/${preflight.body.id}/preflight`)).body).toMatchObject({ recipients: 2 });
});
