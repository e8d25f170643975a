// What is asked of a million contacts: rules as the builder makes them, and beside each the SQL that one would write by
// hand for it, which is the peer.
import { tagName } from "./seed.ts";

export interface Case {
  readonly name: string;
  readonly rule: Record<string, unknown>;
  /** A condition over `contacts.contacts c`. */
  readonly bare: string;
}

const has = (slot: number, n: number) => ({ field: "tags", op: "has", value: tagName(slot, n) });
const bareTag = (slot: number, n: number) =>
  `exists (select 1 from contacts.contact_tags ct join contacts.tags t on t.id = ct.tag_id where ct.contact_id = c.id and t.name = '${tagName(slot, n)}')`;
const opened = (test: string) =>
  `c.id in (select m.contact_id from messaging.delivery_events e join messaging.messages m on m.id = e.message_id where e.type = 'opened' and e.human is not false group by m.contact_id having max(e.at) ${test})`;

export const cases: readonly Case[] = [
  { name: "one tag (22 %)", rule: has(0, 0), bare: bareTag(0, 0) },
  { name: "one tag (2.5 %)", rule: has(4, 19), bare: bareTag(4, 19) },
  {
    name: "all of 2 tags and a community",
    rule: { all: [has(0, 0), has(1, 0), { field: "community", op: "eq", value: "Town 3" }] },
    bare: `${bareTag(0, 0)} and ${bareTag(1, 0)} and c.community_id = (select id from contacts.communities where name = 'Town 3')`,
  },
  {
    name: "any of 3 tags",
    rule: { any: [has(0, 3), has(1, 5), has(2, 7)] },
    bare: `(${bareTag(0, 3)} or ${bareTag(1, 5)} or ${bareTag(2, 7)})`,
  },
  {
    name: "none of 2 tags",
    rule: { none: [has(0, 0), has(1, 0)] },
    bare: `not ${bareTag(0, 0)} and not ${bareTag(1, 0)}`,
  },
  {
    name: "an attribute is (0.2 %)",
    rule: { field: "attrs.city", op: "eq", value: "City 7" },
    bare: "lower(c.attrs ->> 'city') = 'city 7'",
  },
  {
    name: "stage is one of two",
    rule: { field: "stage", op: "in", value: ["sales", "retention"] },
    bare: "c.stage in ('sales', 'retention')",
  },
  {
    name: "opened last before 30 days ago",
    rule: { field: "email.lastOpenedAt", op: "before", value: "-30d" },
    bare: opened("< now() - interval '30 days'"),
  },
  {
    name: "tag and opened in the last 30 days",
    rule: { all: [has(0, 0), { field: "email.lastOpenedAt", op: "after", value: "-30d" }] },
    bare: `${bareTag(0, 0)} and ${opened("> now() - interval '30 days'")}`,
  },
  {
    name: "last name contains",
    rule: { field: "lastName", op: "contains", value: "ily123" },
    bare: "position('ily123' in lower(c.last_name)) > 0",
  },
];

/** Searches of the list: a word that many have, one that few have, two together, an address. */
export const searches: readonly string[] = ["ada", "person777", "ada family12", "person424242@example.org"];
