// The house that is attacked: every group in one process on databases of its own, with somebody of every role, two
// communities whose people and contents carry marks, mail that was sent, and what the lists answer as targets.
import { randomBytes } from "node:crypto";
import pg from "pg";
import type { Ability, Role } from "../../shared/contracts/accounts.ts";
import { openHouse } from "../helpers/house.ts";
import { until } from "../helpers/processes.ts";
import { buildTwoCommunities, limitedRoles, type TownIds } from "../helpers/two-communities.ts";
import { type Answer, openClient, type Sent } from "./client.ts";
import { decode } from "./judge.ts";
import { secretMark } from "./marks.ts";
import { createPools, type Pools } from "./pools.ts";

const groups = ["contacts", "campaigns", "scheduler", "sandbox", "email"].map((group) => `services/${group}`);
const owner = { email: "owner@example.org", password: "correct horse battery staple 7" };

export interface Person {
  readonly role: Role;
  readonly abilities: readonly Ability[];
  readonly headers: Readonly<Record<string, string>>;
  /** What exists in somebody else's community, by pool; for people who see only their own. */
  readonly targets?: Readonly<Record<string, readonly string[]>>;
}

const roles: Readonly<Record<Role, readonly Ability[]>> = {
  owner: ["read", "write", "send", "admin"],
  manager: ["read", "write", "send"],
  editor: ["read", "write"],
  agent: ["read", "write"],
  viewer: ["read"],
};

/** A community's objects by the pools that requests take them from. */
const poolsOfTown = (ids: TownIds): Readonly<Record<string, readonly string[]>> => ({
  contacts: [ids.contact, ids.imported, ids.deleted],
  campaigns: [ids.campaign, ids.draft],
  messages: [ids.message, ids.single],
  imports: [ids.import],
  segments: [ids.segment],
  contactViews: [ids.view],
  bulk: [ids.export, ids.bulk],
  communities: [ids.community],
  suppressions: [ids.suppression],
  any: Object.values(ids),
});

/** Starts everything. `sockets`: how many requests run at the same time. */
export const openWorld = async (sockets: number) => {
  const hookKey = `whsec_${randomBytes(24).toString("base64")}`;
  const house = await openHouse({
    env: {
      LC_MAX_QUEUED_JOBS: "0",
      LC_MAX_QUEUED_MESSAGES: "0",
      LC_MAX_QUEUED_EVENTS: "0",
      LC_RESEND_WEBHOOK_SECRET: hookKey,
      LC_POSTMARK_WEBHOOK_LOGIN: `hook:${secretMark}-hook-password`,
      LC_SES_TOPICS: "arn:aws:sns:eu-west-1:123456789012:mail",
    },
  });
  const all = await house.start("gateway", ["gateway", ...groups]);
  const client = openClient(all.port, sockets);
  const origin = `http://127.0.0.1:${all.port}`;
  const db = new pg.Client({ connectionString: house.postgres.url });
  await db.connect();

  const ask = async (headers: Readonly<Record<string, string>>, method: string, path: string, body?: unknown) => {
    const answer = await client.send({
      method,
      path,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const isJson = /json/.test(answer.headers["content-type"] ?? "");
    // biome-ignore lint/suspicious/noExplicitAny: answers of unknown shape, looked into by whoever asked
    return { ...answer, json: (isJson ? JSON.parse(answer.text) : undefined) as any };
  };
  const signIn = async (email: string) => {
    const { json, headers } = await ask({}, "POST", "/api/v1/auth/login", { email, password: owner.password });
    const cookie = String(headers["set-cookie"]?.[0]).split(";")[0] ?? "";
    return { cookie, "x-csrf-token": String(json.csrfToken), origin };
  };
  const keep = new Set<string>();
  const tokenOf = async (session: Readonly<Record<string, string>>, abilities: readonly Ability[]) => {
    const { json } = await ask(session, "POST", "/api/v1/auth/tokens", { name: "fuzz", abilities });
    keep.add(json.id);
    return { id: String(json.id), headers: { authorization: `Bearer ${json.token}` } };
  };

  const addUser = async (email: string, role: Role): Promise<string> => {
    const { rows } = await db.query(
      `insert into accounts.users (id, email, role, password_hash)
       select gen_random_uuid(), $1, $2, password_hash from accounts.users where email = $3 returning id`,
      [email, role, owner.email],
    );
    return rows[0].id;
  };
  const people = new Map<string, Person>();
  const { rows: first } = await db.query("select id from accounts.users");
  keep.add(first[0].id);
  for (const [role, abilities] of Object.entries(roles) as [Role, readonly Ability[]][]) {
    const email = role === "owner" ? owner.email : `${role}.${secretMark}@example.org`;
    if (role !== "owner") keep.add(await addUser(email, role));
    const session = await signIn(email);
    people.set(`${role} by session`, { role, abilities, headers: session });
    people.set(role, { role, abilities, headers: (await tokenOf(session, abilities)).headers });
  }
  await addUser(`spare.${secretMark}@example.org`, "manager");
  people.set("spare session", {
    role: "manager",
    abilities: roles.manager,
    headers: await signIn(`spare.${secretMark}@example.org`),
  });
  const ownerSession = people.get("owner by session")?.headers ?? {};
  people.set("owner's reading token", {
    role: "owner",
    abilities: ["read"],
    headers: (await tokenOf(ownerSession, ["read"])).headers,
  });
  people.set("owner's sending token", {
    role: "owner",
    abilities: ["send"],
    headers: (await tokenOf(ownerSession, ["send"])).headers,
  });

  const ownerToken = people.get("owner")?.headers ?? {};
  const post = async (path: string, body: unknown) => {
    const made = await ask(ownerToken, "POST", `/api/v1${path}`, body);
    if (made.status >= 300) throw new Error(`${path} answered ${made.status}: ${made.text}`);
    return made.json;
  };
  /** A community with people, content, sent mail and an import, all of whose names and addresses carry its mark. */
  const addCommunity = async (mark: string) => {
    const community = await post("/communities", { name: `${mark} town` });
    const consent = { channels: ["email"], basis: "form", source: mark };
    for (let i = 0; i < 4; i++)
      await post("/contacts", {
        email: `${mark}.${i}@example.com`,
        firstName: mark,
        lastName: `${mark}son`,
        communityId: community.id,
        tags: [mark, "known"],
        attrs: { city: mark },
        consent,
      });
    const segment = await post("/segments", {
      name: `${mark} people`,
      rule: { field: "tags", op: "has", value: mark },
    });
    const template = await post("/templates", {
      name: `${mark} letter`,
      subject: mark,
      html: "<p>{{firstName|you}}</p>",
    });
    await post(`/templates/${template.id}/publish`, {});
    await post("/contact-views", { name: `${mark} view`, filters: { tag: mark } });
    await post("/suppressions", { channel: "email", address: `${mark}.gone@example.com` });
    const content = {
      subject: `${mark} news`,
      html: '<p>Hi {{firstName|you}} <a href="https://example.com/x">x</a></p>',
    };
    const campaign = { name: `${mark} campaign`, channel: "email", audience: { segmentId: segment.id }, content };
    await post("/campaigns", campaign);
    const sent = await post("/campaigns", campaign);
    await post(`/campaigns/${sent.id}/launch`, {});
    await post("/messages", { channel: "email", to: `${mark}.0@example.com`, content });
    const form = `--b\r\ncontent-disposition: form-data; name="file"; filename="${mark}.csv"\r\n\r\nEmail\n${mark}.9@example.com\nwrong\n\r\n--b\r\ncontent-disposition: form-data; name="mapping"\r\n\r\n{"Email":"email"}\r\n--b\r\ncontent-disposition: form-data; name="options"\r\n\r\n{"communityId":"${community.id}"}\r\n--b--\r\n`;
    await client.send({
      method: "POST",
      path: "/api/v1/imports",
      headers: { ...ownerToken, "content-type": "multipart/form-data; boundary=b" },
      body: form,
    });
    return { id: String(community.id), sent: String(sent.id) };
  };
  const place = { base: origin, databaseUrl: house.postgres.url, owner: String(ownerToken["authorization"]) };
  const [known, { a, b }] = await Promise.all([addCommunity("known"), buildTwoCommunities(place)]);
  for (const role of limitedRoles)
    people.set(`${role} of ${a.name}`, {
      role,
      abilities: roles[role],
      headers: { authorization: a.people[role].authorization },
      targets: poolsOfTown(b.ids),
    });
  // Nobody who sees everything is given what is there: it must not be moved to where others may see it.
  for (const canary of [...b.canaries, ...Object.values(a.people).map(({ userId }) => userId)]) keep.add(canary);
  for (const role of ["manager", "viewer"] as const) await addUser(`decoy.${role}@example.org`, role);
  await post("/users/invite", { email: "invited@example.org", role: "viewer" });
  await post("/auth/tokens", { name: "decoy", abilities: ["read"] });
  await until("the campaign has ended", async () => {
    const { json } = await ask(ownerToken, "GET", `/api/v1/campaigns/${known.sent}/stats`);
    return json.status === "completed";
  });

  /** Says so when somebody who is limited to one community is told of the other what they did not know already. */
  const foreign = (who: string, sent: Sent, { text, headers }: Answer): string | undefined => {
    // A link from a mail opens what it is for, whoever has it.
    if (!people.get(who)?.targets || /^\/(?:u|t)\//.test(sent.path)) return undefined;
    const asked = `${sent.path} ${decode(sent.path)} ${String(sent.body ?? "")}`;
    const told = `${text} ${JSON.stringify(headers)}`;
    const seen = b.canaries.find((canary) => told.includes(canary) && !asked.includes(canary));
    return seen && `tells ${who} of ${b.name}: ${seen}`;
  };

  const close = async () => {
    client.close();
    await db.end();
    await house.close();
  };
  const pools = createPools(keep);
  return {
    house,
    port: all.port,
    pid: all.pid,
    db,
    client,
    ask,
    people,
    ownerToken,
    pools,
    foreign,
    close,
    origin,
    password: owner.password,
    addUser,
  };
};
export type World = Awaited<ReturnType<typeof openWorld>>;

/** Fills the pools with what the lists answer. */
export const gather = async (
  { ask, ownerToken, pools }: World,
  lists: readonly { readonly name: string; readonly path: string }[],
): Promise<void> => {
  for (const { name, path } of lists) {
    const { json } = await ask(ownerToken, "GET", `${path}?limit=200`);
    note(pools, name, json);
    const paged = await ask(ownerToken, "GET", `${path}?limit=1`);
    if (typeof paged.json?.nextCursor === "string") pools.add("cursors", paged.json.nextCursor);
  }
  for (const n of ["1", "2", "7"]) pools.add("numbers", n);
  const mails = await ask(ownerToken, "GET", "/sandbox/mail?limit=100");
  for (const [, token = ""] of mails.text.matchAll(/\/(?:u|t\/c|t\/o)\/([\w-]{20,})/g)) pools.add("links", token);
};

/** Keeps the ids and names that an answer tells of. */
export const note = (pools: Pools, action: string, json: unknown): void => {
  const rows = (json as { data?: unknown })?.data;
  for (const row of Array.isArray(rows) ? rows : [json]) {
    const { id, name, node, types } = (row ?? {}) as { id?: unknown; name?: unknown; node?: unknown; types?: unknown };
    const pool = listPools[action] ?? action.slice(0, action.indexOf("."));
    const value =
      typeof id === "string" || typeof id === "number" ? String(id) : typeof node === "string" ? node : name;
    if (typeof value === "string") pools.add(pool, value);
    if (Array.isArray(types))
      for (const type of types as { name?: string }[]) if (type.name) pools.add("types", type.name);
  }
};

const listPools: Readonly<Record<string, string>> = {
  "accounts.listSessions": "sessions",
  "accounts.listTokens": "tokens",
  "accounts.createToken": "tokens",
  "users.listInvites": "invites",
  "users.invite": "invites",
  "consent.listSuppressions": "suppressions",
  "consent.suppress": "suppressions",
  "jobs.queues": "queues",
  "sandbox.listMail": "mails",
  "campaigns.messages": "messages",
};
