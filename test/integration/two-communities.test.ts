// Somebody who sees one of two communities: every route of the contracts is asked for the other's objects, and no answer
// has anything of it; nothing of it changes either.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { until } from "../helpers/processes.ts";
import { buildTwoCommunities, type LimitedPerson, type Spoken, speak, type Town } from "../helpers/two-communities.ts";
import { inTurns, questions } from "../helpers/two-communities-questions.ts";

let house: House;
let base: string;
let db: Db;
let a: Town;
let b: Town;
let both: LimitedPerson;

beforeAll(async () => {
  house = await openHouse();
  const groups = ["contacts", "campaigns", "scheduler", "sandbox", "email"].map((group) => `services/${group}`);
  const all = await house.start("gateway", ["gateway", ...groups]);
  base = `http://127.0.0.1:${all.port}`;
  await house.signIn();
  db = connectPostgres(house.postgres.url, 2);
  const owner = house.authorization();
  ({ a, b, both } = await buildTwoCommunities({ base, databaseUrl: house.postgres.url, owner }));
});
afterAll(async () => {
  await db?.destroy();
  await house?.close();
});

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
  });

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

  it("is not told of other people's objects by the live stream, and of their own at once", async () => {
    const stop = new AbortController();
    const topics = `campaigns,campaign:${a.ids.draft},campaign:${b.ids.draft},contact:${b.ids.contact},import:${b.ids.import}`;
    const stream = await fetch(`${base}/api/v1/live?topics=${topics}`, {
      headers: { authorization: manager().authorization },
      signal: stop.signal,
    });
    let heard = "";
    const reading = (async () => {
      for await (const piece of stream.body ?? []) heard += Buffer.from(piece).toString();
    })().catch(() => undefined);
    const redis = connectRedis(house.redis.url, "commands");
    const tell = (topic: string) => redis.publish("lc:live", JSON.stringify({ topic }));
    await until("their own draft to be told", async () => {
      // The other one's first: were it told, it would be heard before.
      await tell(`campaign:${b.ids.draft}`);
      await tell(`contact:${b.ids.contact}`);
      await tell(`import:${b.ids.import}`);
      await tell("campaigns");
      await tell(`campaign:${a.ids.draft}`);
      return heard.includes(`campaign:${a.ids.draft}`) && heard.includes('"campaigns"');
    });
    stop.abort();
    await reading;
    redis.disconnect();
    for (const canary of Object.values(b.ids)) expect(heard).not.toContain(canary);
    const other = await fetch(`${base}/api/v1/live?topics=campaigns`, {
      headers: { authorization: b.people.viewer.authorization },
      signal: AbortSignal.timeout(1_500),
    });
    expect(other.status).toBe(200);
    await other.body?.cancel();
  });
});

describe("what somebody limited does", () => {
  it("stays at home: new people belong there, and nobody is moved out of sight", async () => {
    const made = await as(manager(), "POST", "/contacts", { email: "at-home@example.com" });
    expect([made.status, made.json.communityId]).toEqual([201, a.ids.community]);
    const moved = await as(manager(), "PATCH", `/contacts/${made.json.id}`, { communityId: b.ids.community });
    expect([moved.status, moved.json.errors[0].path]).toEqual([422, "communityId"]);
    const which = await as(both, "POST", "/contacts", { email: "which@example.com" });
    expect([which.status, which.json.errors[0].path]).toEqual([422, "communityId"]);
    expect((await as(manager(), "DELETE", `/contacts/${made.json.id}`)).status).toBe(204);
  });

  it("learns that an address is taken, and not by whom", async () => {
    const own = await as(manager(), "POST", "/contacts", { email: a.email });
    expect([own.status, own.text.includes(a.ids.contact)]).toEqual([409, true]);
    const other = await as(manager(), "POST", "/contacts", { email: b.email });
    expect([other.status, other.json.code]).toEqual([409, "CONTACT_EXISTS"]);
    expect(other.text).not.toContain(b.ids.contact);
  });

  it("counts only what is seen: lists, facets, segments, audiences and the overview", async () => {
    const list = await as(manager(), "GET", "/contacts");
    expect(list.json.data.map((one: { communityId: string }) => one.communityId)).toEqual(
      list.json.data.map(() => a.ids.community),
    );
    expect(list.json.total).toBe(3);
    const facets = (await as(manager(), "GET", "/contact-facets")).json;
    expect([facets.total, facets.communities.map(({ id }: { id: string }) => id)]).toEqual([3, [a.ids.community]]);
    const rule = { field: "email", op: "isSet" };
    expect((await as(manager(), "POST", "/segments/preview", { rule, sample: 0 })).json.count).toBe(3);
    expect((await as(both, "POST", "/segments/preview", { rule, sample: 0 })).json.count).toBe(6);
    const { recipients, excluded } = (await as(manager(), "POST", `/campaigns/${a.ids.draft}/preflight`, {})).json;
    const sum = Object.values(excluded as Record<string, number>).reduce((total, n) => total + n, recipients);
    expect(sum).toBe(3);
    const mine = (await as(manager(), "GET", "/overview")).json.period.sent;
    const ours = (await as(both, "GET", "/overview")).json.period.sent;
    expect([mine > 0, ours]).toEqual([true, 2 * mine]);
  });

  it("is refused rows of an import that meet somebody elsewhere or name another community", async () => {
    const form = new FormData();
    const rows = [
      "Email,Phone,Town",
      `${b.email},,`,
      `fresh1@example.com,${b.phone},`,
      `fresh2@example.com,,${b.name}`,
      "fresh3@example.com,,Elsewhere",
      `fresh4@example.com,,${a.name.toUpperCase()}`,
    ];
    form.set("file", new Blob([rows.join("\n")], { type: "text/csv" }), "towns.csv");
    form.set("mapping", JSON.stringify({ Email: "email", Phone: "phone", Town: "community" }));
    form.set("options", JSON.stringify({ dedupe: "update" }));
    const { json } = await as(manager(), "POST", "/imports", form);
    const done = await until("the import to end", async () => {
      const now = await as(manager(), "GET", `/imports/${json.id}`);
      return now.json.status === "completed" && now.json;
    });
    expect(done).toMatchObject({ inserted: 1, updated: 0, failed: 4 });
    const errors = await as(manager(), "GET", `/imports/${json.id}/errors`);
    expect(errors.text).not.toContain(b.ids.contact);
    const names = await db.raw<{ rows: unknown[] }>("select 1 from contacts.communities where name = 'Elsewhere'");
    expect(names.rows).toEqual([]);
    expect((await as(b.people.manager, "GET", `/imports/${json.id}`)).status).toBe(404);
    expect((await as(both, "GET", `/imports/${json.id}`)).status).toBe(200);
    expect((await as(manager(), "POST", `/imports/${json.id}/undo`, {})).status).toBe(202);
  });

  it("acts in bulk on nobody else, and sees a campaign only when all its communities are theirs", async () => {
    const count = (await as(manager(), "POST", "/contacts/bulk/count", { filter: { tag: "Everybody" } })).json.count;
    expect(count).toBe(2);
    const wide = await as(both, "POST", "/campaigns", {
      ...{ name: "For both towns", channel: "email", audience: { all: true }, content },
    });
    expect([...wide.json.communities].sort()).toEqual([a.ids.community, b.ids.community].sort());
    expect((await as(manager(), "GET", `/campaigns/${wide.json.id}`)).status).toBe(404);
    expect((await as(manager(), "GET", "/campaigns")).text).not.toContain("For both towns");
    const owners = await house.api("POST", "/campaigns", {
      ...{ name: "For everybody", channel: "email", audience: { all: true }, content },
    });
    expect([owners.body.communities, (await as(both, "GET", `/campaigns/${owners.body.id}`)).status]).toEqual([
      null,
      404,
    ]);
    const template = await house.api("POST", "/templates", { name: "Shared", ...content });
    await house.api("POST", `/templates/${template.body.id}/publish`, {});
    const templateId = template.body.id;
    await as(b.people.manager, "PATCH", `/campaigns/${b.ids.draft}`, { content: { templateId } });
    const used = await as(manager(), "DELETE", `/templates/${templateId}`);
    expect([used.status, used.text.includes(b.name)]).toEqual([409, false]);
    const clone = await as(both, "POST", `/campaigns/${a.ids.draft}/clone`, {});
    expect(clone.json.communities).toHaveLength(2);
  });

  it("sees a shared segment and may not change it; a list of all suppressed addresses is not for them", async () => {
    const shared = await house.api("POST", "/segments", { name: "Shared", rule: { field: "email", op: "isSet" } });
    expect((await as(manager(), "GET", `/segments/${shared.body.id}`)).status).toBe(200);
    const changed = await as(manager(), "PATCH", `/segments/${shared.body.id}`, { name: "Mine" });
    expect([changed.status, changed.json.code]).toEqual([403, "ABILITY_MISSING"]);
    const all = await as(manager(), "GET", "/suppressions");
    expect([all.status, all.json.code]).toEqual([403, "COMMUNITIES_LIMITED"]);
  });

  it("may suppress an address of elsewhere, and learns nothing of what was known of it", async () => {
    const entry = { channel: "email", address: "long-gone@example.com", reason: "manual" };
    const before = await house.api("POST", "/suppressions", entry);
    const again = await as(manager(), "POST", "/suppressions", entry);
    expect([before.status, again.status, again.json.address]).toEqual([201, 201, entry.address]);
    expect(again.json.id).not.toBe(before.body.id);
    expect(Date.parse(again.json.createdAt)).toBeGreaterThan(Date.parse(before.body.createdAt));
    expect((await house.api("POST", "/suppressions", entry)).body).toEqual(before.body);
  });

  it("writes to people they see and to themselves, and to nobody else", async () => {
    const send = (to: string) => as(manager(), "POST", "/messages", { channel: "email", to, content });
    const own = await send(a.email);
    expect(own.status).toBe(202);
    expect((await as(manager(), "GET", `/messages/${own.json.id}`)).json.contactId).toBe(a.ids.contact);
    const self = await send(manager().email);
    expect((await as(manager(), "GET", `/messages/${self.json.id}`)).status).toBe(200);
    expect((await as(b.people.manager, "GET", `/messages/${self.json.id}`)).status).toBe(404);
    for (const to of [b.email, "stranger@example.com"]) {
      const refused = await send(to);
      expect([refused.status, refused.json.errors[0].path]).toEqual([422, "to"]);
    }
  });

  it("leaves with whoever moves away: the new community sees the person's messages, not the campaign", async () => {
    const [{ id }] = (await as(manager(), "GET", "/contacts?q=mary")).json.data;
    await house.api("PATCH", `/contacts/${id}`, { communityId: b.ids.community });
    expect((await as(manager(), "GET", `/contacts/${id}`)).status).toBe(404);
    expect((await as(manager(), "GET", `/campaigns/${a.ids.campaign}/messages`)).text).not.toContain(id);
    const seen = await as(b.people.manager, "GET", `/contacts/${id}/activity`);
    expect(seen.json.data.some(({ type }: { type: string }) => type === "message")).toBe(true);
    const list = await as(b.people.manager, "GET", `/messages?contactId=${id}`);
    expect(list.json.data).toHaveLength(1);
    for (const text of [seen.text, list.text, (await as(b.people.manager, "GET", `/contacts/${id}/export`)).text])
      for (const canary of [a.ids.campaign, a.ids.import, `${a.name} news`, "rvrsde-people.csv"])
        expect(text).not.toContain(canary);
    await house.api("PATCH", `/contacts/${id}`, { communityId: a.ids.community });
  });
});

describe("the limit itself", () => {
  it("is given by an owner, works at once for tokens that are in use, and is never an owner's", async () => {
    const { userId } = a.people.viewer;
    expect((await as(a.people.viewer, "GET", "/contacts")).json.total).toBe(3);
    const change = (communities: unknown, more = {}) =>
      house.api("PATCH", `/users/${userId}`, { communities, ...more });
    expect((await change([b.ids.community])).body.communities).toEqual([b.ids.community]);
    expect((await as(a.people.viewer, "GET", `/contacts/${b.ids.contact}`)).status).toBe(200);
    expect((await as(a.people.viewer, "GET", `/contacts/${a.ids.contact}`)).status).toBe(404);
    expect((await as(a.people.viewer, "GET", "/auth/me")).json.communities).toEqual([
      { id: b.ids.community, name: b.name },
    ]);
    expect((await change(null)).body.communities).toBeNull();
    expect((await as(a.people.viewer, "GET", `/contacts/${a.ids.contact}`)).status).toBe(200);
    expect((await change([])).status).toBe(422);
    expect((await change(["01990000-0000-7000-8000-000000000001"])).body.errors[0].path).toBe("communities");
    expect((await change([a.ids.community], { role: "owner" })).body.errors[0].path).toBe("communities");
    await change([a.ids.community]);
    const line = (await house.api("GET", "/audit?limit=200")).body.data.find(
      ({ action }: { action: string }) => action === "user.communities-changed",
    );
    expect(line).toMatchObject({ objectId: userId, detail: { to: [a.ids.community] } });
    expect((await as(manager(), "PATCH", `/users/${userId}`, { communities: null })).status).toBe(403);
  });

  it("keeps a community from being deleted while somebody sees nothing else", async () => {
    const { body } = await house.api("POST", "/communities", { name: "Empty" });
    const invited = await house.api("POST", "/users/invite", {
      ...{ email: "later@example.org", role: "editor", communities: [body.id] },
    });
    expect([invited.status, invited.body.communities]).toEqual([201, [body.id]]);
    expect((await house.api("DELETE", `/communities/${body.id}`)).body.code).toBe("COMMUNITY_IN_USE");
    await house.api("DELETE", `/users/invites/${invited.body.id}`);
    expect((await house.api("DELETE", `/communities/${body.id}`)).status).toBe(204);
  });

  it("meets a view of everybody only when it filters by nothing of the other community", async () => {
    const shared = async (name: string, filters: object) =>
      (await house.api("POST", "/contact-views", { name, filters, shared: true })).body as { id: string };
    const foreign = await shared("By a list of theirs", { segmentId: b.ids.segment });
    const mine = await shared("By a list of ours", { segmentId: a.ids.segment });
    const seen = (await as(manager(), "GET", "/contact-views?limit=1000")).text;
    expect(seen).toContain(mine.id);
    expect(seen).not.toContain(foreign.id);
    expect(seen).not.toContain(b.ids.segment);
    expect((await as(manager(), "GET", `/contact-views/${foreign.id}`)).status).toBe(404);
    const filters = { communityId: b.ids.community, segmentId: b.ids.segment };
    const refused = await as(manager(), "POST", "/contact-views", { name: "Theirs", filters, shared: true });
    expect(refused.status).toBe(422);
    expect(refused.json.errors.map(({ path }: { path: string }) => path)).toEqual([
      "filters.communityId",
      "filters.segmentId",
    ]);
  });
});
