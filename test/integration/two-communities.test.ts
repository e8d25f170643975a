// Somebody who sees one of two communities: every route of the contracts is asked for the other's objects, and no answer
// has anything of it; nothing of it changes either.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicActions } from "../../gateway/operations.ts";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { buildTwoCommunities, type LimitedPerson, type Spoken, speak, type Town } from "../helpers/two-communities.ts";

let house: House;
let base: string;
let db: Db;
let a: Town;
let b: Town;

beforeAll(async () => {
  house = await openHouse();
  const groups = ["contacts", "campaigns", "scheduler", "sandbox", "email"].map((group) => `services/${group}`);
  const all = await house.start("gateway", ["gateway", ...groups]);
  base = `http://127.0.0.1:${all.port}`;
  await house.signIn();
  db = connectPostgres(house.postgres.url, 2);
  const owner = house.authorization();
  ({ a, b } = await buildTwoCommunities({ base, databaseUrl: house.postgres.url, owner }));
}, 180_000);
afterAll(async () => {
  await db?.destroy();
  await house?.close();
}, 60_000);

const as = (who: LimitedPerson, method: string, path: string, body?: unknown): Promise<Spoken> =>
  speak(base, who.authorization, method, path, body);
const manager = () => a.people.manager;
/** A digest of everything that belongs to a community and must not change by what others do. */
const digestOf = async (town: Town): Promise<string> => {
  const tables = [
    `select * from contacts.contacts where community_id = '${town.ids.community}' order by id`,
    `select * from contacts.contact_tags where contact_id in (select id from contacts.contacts where community_id = '${town.ids.community}') order by 1, 2`,
    `select * from consent.consents where contact_id in (select id from contacts.contacts where community_id = '${town.ids.community}') order by id`,
    `select * from contacts.imports where communities @> array['${town.ids.community}'::uuid] order by id`,
    `select * from contacts.segments where communities @> array['${town.ids.community}'::uuid] order by id`,
    `select * from contacts.contact_views where communities @> array['${town.ids.community}'::uuid] order by id`,
    `select * from contacts.bulk_acts where communities @> array['${town.ids.community}'::uuid] order by id`,
    `select * from campaigns.campaigns where communities @> array['${town.ids.community}'::uuid] order by id`,
    `select * from messaging.messages where contact_id in (select id from contacts.contacts where community_id = '${town.ids.community}') order by id`,
    `select * from consent.suppressions where id = '${town.ids.suppression}'`,
    `select * from contacts.communities where id = '${town.ids.community}'`,
  ];
  const all = await Promise.all(tables.map(async (sql) => (await db.raw<{ rows: unknown[] }>(sql)).rows));
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
};

const content = { subject: "Hello", html: "<p>Hello</p>" };
/** Bodies and queries that name the other community's people and things wherever a contract takes an id or an address. */
const named = (town: Town): Readonly<Record<string, readonly unknown[]>> => ({
  "contacts.list": [
    { communityId: town.ids.community },
    { segmentId: town.ids.segment },
    { q: town.email },
    { q: town.ids.contact },
  ],
  "contacts.facets": [{}, { communityId: town.ids.community }, { segmentId: town.ids.segment }],
  "contacts.values": [{ field: "community" }, { field: "firstName" }, { field: "externalId" }],
  "contacts.create": [
    { email: "new@example.com", communityId: town.ids.community },
    { email: town.email },
    { phone: town.phone },
    { externalId: town.externalId },
  ],
  "contacts.update": [{ firstName: "Taken" }, { communityId: town.ids.community }],
  "contacts.erase": [{ confirm: town.email }],
  "bulk.count": [
    { ids: [town.ids.contact] },
    { filter: { communityId: town.ids.community } },
    { filter: { segmentId: town.ids.segment } },
  ],
  "bulk.start": [
    { act: "tag", tag: "Taken", ids: [town.ids.contact], expected: 1 },
    { act: "remove", filter: { communityId: town.ids.community }, expected: 3 },
    { act: "setCommunity", communityId: town.ids.community, ids: [town.ids.contact], expected: 1 },
  ],
  "consent.record": [{ channels: ["email"], state: "revoked", basis: "form", source: "test" }],
  "consent.suppress": [{ channel: "sms", address: town.phone }],
  "contactViews.update": [{ name: "Taken" }],
  "segments.update": [{ name: "Taken", version: 1 }],
  "segments.preview": [
    { rule: { field: "email", op: "isSet" }, sample: 50 },
    { rule: { field: "community", op: "eq", value: town.name }, sample: 50 },
  ],
  "campaigns.create": [{ name: "Mine", channel: "email", audience: { segmentId: town.ids.segment }, content }],
  "campaigns.update": [{ name: "Taken" }],
  "campaigns.retry": [{}],
  "campaigns.resolve": [{ action: "close" }],
  "messages.list": [
    { to: town.email },
    { contactId: town.ids.contact },
    { sourceId: town.ids.campaign },
    { q: town.ids.message },
    { q: "Ada" },
  ],
  "messages.count": [{}, { to: town.email }, { contactId: town.ids.contact }],
  "messages.csv": [{}, { to: town.email }],
  "messages.send": [
    { channel: "email", to: town.email, content },
    { channel: "email", contactId: town.ids.contact, content },
    { messages: [{ channel: "email", to: town.email, content }] },
  ],
  "templates.render": [{ content, contactId: town.ids.contact }],
  "imports.claimConsent": [{ channels: ["email"], basis: "form", source: "test" }],
  "jobs.list": [{ entity: `contact:${town.ids.contact}` }],
});

interface Question {
  readonly what: string;
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** True when the path names an object of the other community. */
  readonly direct: boolean;
}

const questions = (town: Town): Question[] => {
  const bodies = named(town);
  return publicActions.flatMap(({ name, rest, path }): Question[] => {
    // One person's own sign-in, and files that are sent as a form: asked for elsewhere.
    if (name.startsWith("accounts.") || name === "imports.submit") return [];
    const targets = path.includes(":")
      ? Object.values(town.ids).map((id) => path.replace(/:\w+/, id).replace(/:\w+/g, "1"))
      : [path];
    const given = bodies[name] ?? [{}];
    return targets.flatMap((target) =>
      given.map((body) => {
        const reading = rest.method === "GET" || rest.method === "DELETE";
        const query = reading ? new URLSearchParams(body as Record<string, string>).toString() : "";
        const asked = `${target.replace("/api/v1", "")}${query ? `?${query}` : ""}`;
        return {
          ...{ what: `${name} ${rest.method} ${asked}`, name, method: rest.method, path: asked },
          ...{ body: reading ? undefined : body, direct: path.includes(":") },
        };
      }),
    );
  });
};

/** Runs work with at most `most` at once. */
const inTurns = async <T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> => {
  const left = [...items];
  await Promise.all(
    Array.from({ length: most }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
};

describe("somebody who sees one of two communities", () => {
  it("meets nothing of the other in any answer, and changes nothing of it, whatever they ask for", async () => {
    const before = await digestOf(b);
    const leaks: string[] = [];
    const found: string[] = [];
    await inTurns(questions(b), 8, async (question) => {
      const answer = await as(manager(), question.method, question.path, question.body);
      const said = question.path + JSON.stringify(question.body ?? "");
      const seen = b.canaries.filter((canary) => !said.includes(canary) && answer.text.includes(canary));
      if (seen.length > 0 || answer.status >= 500)
        leaks.push(`${question.what} → ${answer.status} ${seen.join(" ")}: ${answer.text.slice(0, 300)}`);
      if (question.direct && answer.status < 400)
        found.push(`${question.what} → ${answer.status}: ${answer.text.slice(0, 200)}`);
    });
    expect(leaks).toEqual([]);
    // Schedules, queues and the like have names, not ids; nothing that has an id is there.
    expect(found).toEqual([]);
    expect(await digestOf(b)).toBe(before);
  }, 120_000);

  it("is asked about things that are there: their own people read all of them", async () => {
    const kinds: Readonly<Record<string, readonly string[]>> = {
      contact: ["/contacts/:id", "/contacts/:id/activity", "/contacts/:id/suppressions", "/contacts/:id/consents"],
      deleted: ["/contacts/:id/consents"],
      campaign: ["/campaigns/:id", "/campaigns/:id/stats", "/campaigns/:id/messages"],
      draft: ["/campaigns/:id"],
      message: ["/messages/:id"],
      single: ["/messages/:id"],
      import: ["/imports/:id", "/imports/:id/errors", "/imports/:id/errors.csv", "/imports/:id/undo"],
      segment: ["/segments/:id", "/segments/:id/usage"],
      view: ["/contact-views/:id"],
      bulk: ["/bulk-acts/:id"],
      export: ["/bulk-acts/:id", "/bulk-acts/:id/file.csv"],
      community: ["/communities/:id"],
    };
    const asked = Object.entries(kinds).flatMap(([kind, paths]) =>
      paths.map((path) => path.replace(":id", b.ids[kind as keyof Town["ids"]])),
    );
    const statuses = await Promise.all(
      asked.map(async (path) => [path, (await as(b.people.manager, "GET", path)).status]),
    );
    expect(statuses).toEqual(asked.map((path) => [path, 200]));
  });
});
