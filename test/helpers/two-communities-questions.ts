// What somebody of one community asks to get at the other: every route of the contracts with ids of the other one,
// and with bodies and queries that name its people wherever a contract takes an id or an address.
import { publicActions } from "../../gateway/operations.ts";
import type { Town, TownIds } from "./two-communities.ts";

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

export interface Question {
  readonly what: string;
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** True when the path names an object of the other community. */
  readonly direct: boolean;
}

/** The town's objects by the first part of the paths that name one. */
const kinds: Readonly<Record<string, readonly (keyof TownIds)[]>> = {
  "bulk-acts": ["bulk", "export"],
  campaigns: ["campaign", "draft"],
  communities: ["community"],
  "contact-views": ["view"],
  contacts: ["contact", "deleted", "imported"],
  imports: ["import"],
  messages: ["message", "single"],
  segments: ["segment"],
  suppressions: ["suppression"],
};
/** Ids that belong into the path; where none does, some that are something else. */
const idsFor = ({ ids }: Town, path: string): string[] =>
  (kinds[path.split("/")[3] ?? ""] ?? ["contact", "import"]).map((kind) => ids[kind]);

/** Every public action, asked for every object of the town, by those parameters that its contract takes. */
export const questions = (town: Town): Question[] => {
  const bodies = named(town);
  return publicActions.flatMap(({ name, rest, path }): Question[] => {
    // One person's own sign-in, and files that are sent as a form: asked for elsewhere.
    if (name.startsWith("accounts.") || name === "imports.submit") return [];
    const targets = path.includes(":")
      ? idsFor(town, path).map((id) => path.replace(/:\w+/, id).replace(/:\w+/g, "1"))
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
export const inTurns = async <T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const left = [...items];
  await Promise.all(
    Array.from({ length: most }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
};
