// Two communities side by side, each with people who see nothing else: their contacts, an import, segments, views, bulk
// acts, a campaign that went out, a draft and single messages. Everything is made over the API by the limited people
// themselves; whatever belongs to one of them is listed, so that a test can look for it in answers to the other.

import { makeTokenText } from "../../gateway/auth/token-text.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { until } from "./processes.ts";

export interface Place {
  /** `http://127.0.0.1:<port>` of a whole house, with its workers. */
  readonly base: string;
  readonly databaseUrl: string;
  /** Authorization header of an owner. */
  readonly owner: string;
}

export interface Spoken {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of unknown shape is looked into by the tests
  readonly json: any;
}

export const limitedRoles = ["manager", "editor", "agent", "viewer"] as const;
export type LimitedRole = (typeof limitedRoles)[number];

export interface LimitedPerson {
  readonly userId: string;
  readonly email: string;
  readonly authorization: string;
}

/** What one community has, by kind. */
export interface TownIds {
  readonly community: string;
  readonly contact: string;
  readonly deleted: string;
  readonly imported: string;
  readonly campaign: string;
  readonly draft: string;
  readonly message: string;
  readonly single: string;
  readonly import: string;
  readonly segment: string;
  readonly view: string;
  readonly bulk: string;
  readonly export: string;
  readonly suppression: string;
}

export interface Town {
  readonly name: string;
  readonly people: Readonly<Record<LimitedRole, LimitedPerson>>;
  readonly ids: TownIds;
  /** Email of a live contact, its number and its external id. */
  readonly email: string;
  readonly phone: string;
  readonly externalId: string;
  /** Ids, names, addresses and file names that no answer to somebody else may have in it. */
  readonly canaries: readonly string[];
}

const abilities = {
  manager: ["read", "write", "send"],
  editor: ["read", "write"],
  agent: ["read", "write"],
  viewer: ["read"],
};

/** One request; a body that is FormData goes as it is. Paths begin below /api/v1, or at /sandbox. */
export const speak = async (
  base: string,
  authorization: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Spoken> => {
  const form = body instanceof FormData;
  const response = await fetch(`${base}${path.startsWith("/sandbox") ? path : `/api/v1${path}`}`, {
    method,
    headers: { authorization, ...(body && !form ? { "content-type": "application/json" } : {}) },
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return { status: response.status, text, json: /^[[{]/.test(text) ? JSON.parse(text) : undefined };
};

type Ask = (method: string, path: string, body?: unknown) => Promise<Spoken>;

const made = async (asked: Promise<Spoken>): Promise<Spoken["json"]> => {
  const { status, text, json } = await asked;
  if (status >= 300)
    throw new Error(`the world of two communities could not be built: ${status} ${text.slice(0, 500)}`);
  return json;
};

const finished = (ask: Ask, path: string, states: readonly string[]) =>
  until(
    `${path} to be ${states.join(" or ")}`,
    async () => {
      const { json } = await ask("GET", path);
      return states.includes(json?.status) && json;
    },
    { timeoutMs: 90_000, everyMs: 100 },
  );

const people = async (
  { databaseUrl }: Place,
  word: string,
  communities: readonly string[],
): Promise<Record<LimitedRole, LimitedPerson>> => {
  const db = connectPostgres(databaseUrl, 1);
  try {
    const entries = limitedRoles.map(async (role) => {
      const userId = makeId();
      const tokenId = makeId();
      const email = `${role}.${word}@example.org`;
      const { text, secretHash } = makeTokenText(tokenId);
      await db.raw("insert into accounts.users (id, email, role, communities) values (?, ?, ?, ?::uuid[])", [
        userId,
        email,
        role,
        [...communities],
      ]);
      await db.raw(
        `insert into accounts.access_tokens (id, user_id, name, secret_hash, abilities, expires_at)
         values (?, ?, 'world', ?, ?::text[], now() + interval '1 day')`,
        [tokenId, userId, secretHash, abilities[role]],
      );
      return [role, { userId, email, authorization: `Bearer ${text}` }] as const;
    });
    return Object.fromEntries(await Promise.all(entries)) as Record<LimitedRole, LimitedPerson>;
  } finally {
    await db.destroy();
  }
};

/** Fills one community. `word` is in every name and address of it. */
const fillTown = async (place: Place, name: string, word: string, digit: number): Promise<Town> => {
  const owner: Ask = (...asked) => speak(place.base, place.owner, ...asked);
  const { id: community } = await made(owner("POST", "/communities", { name }));
  const them = await people(place, word, [community]);
  const ask: Ask = (...asked) => speak(place.base, them.manager.authorization, ...asked);
  const consent = { channels: ["email"], basis: "form", source: `${word} stand` };
  const email = `ada@${word}.example.com`;
  const phone = `+1202555010${digit}`;
  const externalId = `${word}-1`;
  const contact = await made(
    ask("POST", "/contacts", {
      ...{ email, phone, externalId, firstName: `Ada${word}`, lastName: "First", tags: ["Everybody"], consent },
      attrs: { [`${word}_field`]: `${word} value` },
    }),
  );
  const second = await made(
    ask("POST", "/contacts", { email: `grace@${word}.example.com`, tags: ["Everybody"], consent }),
  );
  const deleted = await made(ask("POST", "/contacts", { email: `gone@${word}.example.com`, consent }));
  await made(ask("DELETE", `/contacts/${deleted.id}`));

  const form = new FormData();
  const rows = ["Email,First Name", `mary@${word}.example.com,Mary${word}`, `not an address of ${word},X`];
  form.set("file", new Blob([rows.join("\n")], { type: "text/csv" }), `${word}-people.csv`);
  form.set("mapping", JSON.stringify({ Email: "email", "First Name": "firstName" }));
  form.set("options", JSON.stringify({ dedupe: "update", consent }));
  const accepted = await made(ask("POST", "/imports", form));
  await finished(ask, `/imports/${accepted.id}`, ["completed"]);
  const [imported] = (await made(ask("GET", `/contacts?q=mary@${word}.example.com`))).data;

  const rule = { field: "email", op: "contains", value: `${word}.example.com` };
  const segment = await made(ask("POST", "/segments", { name: `${name} list`, rule }));
  const view = await made(
    ask("POST", "/contact-views", { name: `${name} view`, filters: { segmentId: segment.id }, shared: true }),
  );
  const content = { subject: `News of ${word} for {{firstName|you}}`, html: `<p>Hello from ${word}</p>` };
  const draft = await made(
    ask("POST", "/campaigns", { name: `${name} draft`, channel: "email", audience: { all: true }, content }),
  );
  const campaign = await made(
    ask("POST", "/campaigns", {
      ...{ name: `${name} news`, channel: "email", audience: { segmentId: segment.id }, content },
    }),
  );
  await made(ask("POST", `/campaigns/${campaign.id}/launch`, {}));
  await finished(ask, `/campaigns/${campaign.id}/stats`, ["completed"]);
  const [message] = (await made(ask("GET", `/campaigns/${campaign.id}/messages`))).data;
  const single = await made(ask("POST", "/messages", { channel: "email", contactId: contact.id, content }));
  const bulk = await made(
    ask("POST", "/contacts/bulk", { act: "tag", tag: "Everybody", ids: [contact.id], expected: 1 }),
  );
  const exported = await made(ask("POST", "/contacts/bulk", { act: "export", filter: {}, expected: 3 }));
  await finished(ask, `/bulk-acts/${bulk.id}`, ["completed"]);
  await finished(ask, `/bulk-acts/${exported.id}`, ["completed"]);
  const suppression = await made(ask("POST", "/suppressions", { channel: "email", address: second.email }));

  const ids: TownIds = {
    ...{ community, contact: contact.id, deleted: deleted.id, imported: imported.id, campaign: campaign.id },
    ...{ draft: draft.id, message: message.id, single: single.id, import: accepted.id, segment: segment.id },
    ...{ view: view.id, bulk: bulk.id, export: exported.id, suppression: suppression.id },
  };
  const users = Object.values(them).flatMap(({ userId, email: address }) => [userId, address]);
  return {
    ...{ name, people: them, ids, email, phone, externalId },
    canaries: [...Object.values(ids), second.id, ...users, name, word, phone],
  };
};

/** Builds both, one after the other, and a third person who sees both. */
export const buildTwoCommunities = async (
  place: Place,
): Promise<{ readonly a: Town; readonly b: Town; readonly both: LimitedPerson }> => {
  const a = await fillTown(place, "Riverside", "rvrsde", 1);
  const b = await fillTown(place, "Hilltop", "hlltp", 2);
  const { manager } = await people(place, "both", [a.ids.community, b.ids.community]);
  return { a, b, both: manager };
};
