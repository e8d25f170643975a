// Contracts of the segments service: rules that find contacts.
import { z } from "zod";
import { Contact } from "./contacts.ts";
import { action, authors, byId, clean, Done, Id, Instant, listQuery, page, Version } from "./contract.ts";

const name = clean(z.string().trim().min(1).max(100));
/** A rule tree: `{ all | any | none: [rule | { field, op, value }] }`; checked in depth when it is compiled to SQL. */
export const Rule = z.record(z.string(), z.unknown());
export const Segment = z.object({
  id: Id,
  name: z.string(),
  rule: Rule,
  version: z.number().int(),
  /** Whose it is: null for everybody's, else for people of these communities. */
  communities: z.array(Id).nullable(),
  createdAt: Instant,
  updatedAt: Instant,
});
export const segments = {
  group: "contacts",
  actions: {
    list: action({
      summary: "Lists segments",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/segments" },
      params: z.strictObject({ ...listQuery }),
      result: page(Segment),
    }),
    get: action({
      summary: "Shows one segment",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/segments/:id" },
      params: byId,
      result: Segment,
    }),
    create: action({
      summary: "Creates a segment",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/segments", status: 201 },
      params: z.strictObject({ name, rule: Rule }),
      result: Segment,
    }),
    update: action({
      summary: "Changes a segment; `version` guards against overwriting another's change (If-Match)",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "PATCH", path: "/segments/:id" },
      params: z.strictObject({
        id: Id,
        name: name.optional(),
        rule: Rule.optional(),
        version: Version.optional(),
      }),
      result: Segment,
    }),
    remove: action({
      summary: "Deletes a segment; refused while a campaign that is not over has it as its audience",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "DELETE", path: "/segments/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    usage: action({
      summary: "Campaigns whose audience is this segment, newest first, and views that filter by it",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/segments/:id/usage" },
      params: byId,
      result: z.object({
        campaigns: z.array(z.object({ id: Id, name: z.string(), status: z.string(), open: z.boolean() })),
        views: z.array(z.object({ id: Id, name: z.string() })),
      }),
    }),
    preview: action({
      summary: "Counts the contacts a rule finds and shows some of them",
      permission: "read",
      scope: "community",
      rest: { method: "POST", path: "/segments/preview" },
      params: z.strictObject({ rule: Rule, sample: z.number().int().min(0).max(50).default(10) }),
      result: z.object({ count: z.number().int(), sample: z.array(Contact), sentence: z.string() }),
    }),
  },
  events: {},
  jobs: {},
} as const;
