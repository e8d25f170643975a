// Contracts of the contacts service: people and businesses, found, made and changed.
import { z } from "zod";
import { Activity, ActivityType } from "./activity.ts";
import { Channel, ConsentGiven } from "./channel.ts";
import { ContactKind, filterFields, Reach, Stage } from "./contact-filter.ts";
import { action, byId, clean, Done, event, Id, Instant, job, listQuery, managers, page } from "./contract.ts";

const text = clean(z.string().trim().max(200));
const tagList = z.array(clean(z.string().trim().min(1).max(100))).max(200);
/** Free fields by name; values are text, numbers, truth values or nothing. */
export const Attrs = z.record(
  z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\w-]+$/, "letters, digits, _ and - only"),
  z.union([clean(z.string().max(2000)), z.number(), z.boolean(), z.null()]),
);

export const Contact = z.object({
  id: Id,
  email: z.string().nullable(),
  phone: z.string().nullable(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  orgName: z.string().nullable(),
  kind: ContactKind,
  communityId: Id,
  tags: z.array(z.string()),
  attrs: Attrs,
  timezone: z.string().nullable(),
  stage: z.string(),
  score: z.number(),
  externalId: z.string().nullable(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type Contact = z.infer<typeof Contact>;

const counted = z.number().int();
/** Counts are exact as of `countedAt`; asking again within a minute may answer the same, unless asked `fresh`. */
export const ContactFacets = z.object({
  total: counted,
  countedAt: Instant,
  communities: z.array(z.object({ id: Id, name: z.string(), count: counted })),
  /** The 50 most frequent. */
  tags: z.array(z.object({ name: z.string(), count: counted })),
  kinds: z.record(ContactKind, counted),
  stages: z.record(Stage, counted),
  reach: z.record(Reach, counted),
});
export type ContactFacets = z.infer<typeof ContactFacets>;

const writable = {
  email: clean(z.string().trim().max(320)).nullable().optional(),
  phone: clean(z.string().trim().max(50)).nullable().optional(),
  firstName: text.nullable().optional(),
  lastName: text.nullable().optional(),
  orgName: text.nullable().optional(),
  kind: ContactKind.optional(),
  communityId: Id.optional(),
  tags: tagList.optional(),
  attrs: Attrs.optional(),
  timezone: clean(z.string().trim().max(64)).nullable().optional(),
  stage: Stage.optional(),
  externalId: clean(z.string().trim().min(1).max(200)).nullable().optional(),
};

export const contacts = {
  group: "contacts",
  actions: {
    list: action({
      summary: "Lists contacts, newest first, filtered and searched",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contacts" },
      params: z.strictObject({ ...listQuery, ...filterFields }),
      result: page(Contact),
    }),
    facets: action({
      summary: "How the contacts that fulfil a filter divide, by community, tag, kind, stage and reach",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contact-facets" },
      params: z.strictObject({
        ...filterFields,
        fresh: z
          .enum(["true", "false"])
          .transform((value) => value === "true")
          .optional()
          .describe("Counts anew, for whoever has just changed contacts; else an answer may be up to a minute old"),
      }),
      result: ContactFacets,
      timeout: 30_000,
    }),
    values: action({
      summary: "Values that a field has among the newest contacts, the most frequent first, for suggestions",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contact-values" },
      params: z.strictObject({
        field: clean(z.string().max(100)),
        q: clean(z.string().trim().max(100)).optional(),
        limit: z.coerce.number().int().min(1).max(100).default(20),
      }),
      result: z.object({ values: z.array(z.string()) }),
    }),
    get: action({
      summary: "Shows one contact",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contacts/:id" },
      params: byId,
      result: Contact,
    }),
    create: action({
      summary: "Creates a contact; needs at least an email, a phone or an external id. No consent given, none held",
      permission: "write",
      scope: "community",
      rest: { method: "POST", path: "/contacts", status: 201, idempotent: true },
      params: z.strictObject({ ...writable, consent: ConsentGiven.optional() }),
      result: Contact,
    }),
    update: action({
      summary: "Changes the fields that are given; `attrs` are merged, null removes one; `tags` replace the old ones",
      permission: "write",
      scope: "community",
      rest: { method: "PATCH", path: "/contacts/:id" },
      params: z.strictObject({ id: Id, ...writable }),
      result: Contact,
    }),
    remove: action({
      summary: "Deletes a contact; what was sent stays in the ledger",
      permission: "write",
      scope: "community",
      rest: { method: "DELETE", path: "/contacts/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    activity: action({
      summary:
        "Everything that happened to a contact, newest first: messages with their state, opens, clicks, bounces, complaints, unsubscribes, consent, suppressions, imports",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contacts/:id/activity" },
      params: z.strictObject({ id: Id, ...listQuery, type: ActivityType.optional() }),
      result: page(Activity),
    }),
    export: action({
      summary: "Everything that is held about a contact, as a file of JSON. For owners and managers",
      permission: "read",
      roles: managers,
      scope: "community",
      rest: { method: "GET", path: "/contacts/:id/export", produces: "application/json" },
      params: byId,
      result: z.record(z.string(), z.unknown()),
      timeout: 60_000,
    }),
    erase: action({
      summary:
        "Erases a person for good: every trace but the numbers. `confirm` is the email, phone or name. For owners and managers",
      permission: "write",
      roles: managers,
      scope: "community",
      rest: { method: "POST", path: "/contacts/:id/erase", status: 202 },
      params: z.strictObject({ id: Id, confirm: clean(z.string().trim().min(1).max(400)) }),
      result: z.object({ id: Id, status: z.literal("erasing") }),
    }),
    fields: action({
      summary: "Fields that exist: the built-in ones and every attribute in use, for merge fields, mappings and rules",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contact-fields" },
      params: z.strictObject({}),
      result: z.object({ fields: z.array(z.string()) }),
    }),
  },
  events: {
    "contact.created": event(z.object({ contactId: Id })),
    "contact.erased": event(z.object({ contactId: Id })),
    "contact.removed": event(z.object({ contactId: Id })),
    "contact.unsubscribed": event(z.object({ contactId: Id.nullable(), channel: Channel, messageId: Id.nullable() })),
  },
  jobs: {
    "contacts.erase": job({ queue: "default", input: z.object({ contactId: Id }) }),
  },
} as const;
