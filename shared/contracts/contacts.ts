// Contracts of the contacts service: people and businesses, found, made and changed.
import { z } from "zod";
import { action, byId, Done, event, Id, Instant, job, listQuery, page } from "./contract.ts";

/** Text that Postgres can hold: no NUL character, no half of a surrogate pair. */
const clean = (schema: z.ZodString) =>
  schema.refine((s) => !s.includes("\0") && s.isWellFormed(), "has a NUL character or broken Unicode; take it out");

export const Channel = z.enum(["email", "sms", "call"]);
export type Channel = z.infer<typeof Channel>;

/** What a person agreed to, on which ground, and where that is written down. */
export const ConsentGiven = z.strictObject({
  channels: z.array(Channel).min(1),
  basis: clean(z.string().trim().min(1).max(200)),
  source: clean(z.string().trim().min(1).max(200)),
});

export const ContactKind = z.enum(["person", "business"]);
export const Stage = z.enum(["awareness", "engagement", "sales", "retention", "churn"]);
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
      rest: { method: "GET", path: "/contacts" },
      params: z.strictObject({
        ...listQuery,
        q: clean(z.string().trim().max(200)).optional(),
        tag: clean(z.string().max(100)).optional(),
        communityId: Id.optional(),
        stage: Stage.optional(),
        segmentId: Id.optional(),
      }),
      result: page(Contact),
    }),
    get: action({
      summary: "Shows one contact",
      permission: "read",
      rest: { method: "GET", path: "/contacts/:id" },
      params: byId,
      result: Contact,
    }),
    create: action({
      summary: "Creates a contact; needs at least an email, a phone or an external id. No consent given, none held",
      permission: "write",
      rest: { method: "POST", path: "/contacts", status: 201, idempotent: true },
      params: z.strictObject({ ...writable, consent: ConsentGiven.optional() }),
      result: Contact,
    }),
    update: action({
      summary: "Changes the fields that are given; `attrs` are merged, null removes one; `tags` replace the old ones",
      permission: "write",
      rest: { method: "PATCH", path: "/contacts/:id" },
      params: z.strictObject({ id: Id, ...writable }),
      result: Contact,
    }),
    remove: action({
      summary: "Deletes a contact; what was sent stays in the ledger",
      permission: "write",
      rest: { method: "DELETE", path: "/contacts/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    fields: action({
      summary: "Fields that exist: the built-in ones and every attribute in use, for merge fields, mappings and rules",
      permission: "read",
      rest: { method: "GET", path: "/contact-fields" },
      params: z.strictObject({}),
      result: z.object({ fields: z.array(z.string()) }),
    }),
  },
  events: {
    "contact.created": event(z.object({ contactId: Id })),
    "contact.removed": event(z.object({ contactId: Id })),
    "contact.unsubscribed": event(z.object({ contactId: Id.nullable(), channel: Channel, messageId: Id.nullable() })),
  },
  jobs: {},
} as const;

export const NamedResource = z.object({ id: Id, name: z.string(), createdAt: Instant });
const name = clean(z.string().trim().min(1).max(100));
const namedActions = <P extends string>(path: P, one: string) => ({
  list: action({
    summary: `Lists ${path.slice(1)}`,
    permission: "read",
    rest: { method: "GET", path },
    params: z.strictObject({ ...listQuery, q: clean(z.string().max(100)).optional() }),
    result: page(NamedResource),
  }),
  get: action({
    summary: `Shows one ${one}`,
    permission: "read",
    rest: { method: "GET", path: `${path}/:id` },
    params: byId,
    result: NamedResource,
  }),
  create: action({
    summary: `Creates a ${one}`,
    permission: "write",
    rest: { method: "POST", path, status: 201 },
    params: z.strictObject({ name }),
    result: NamedResource,
  }),
  update: action({
    summary: `Renames a ${one}`,
    permission: "write",
    rest: { method: "PATCH", path: `${path}/:id` },
    params: z.strictObject({ id: Id, name }),
    result: NamedResource,
  }),
  remove: action({
    summary: `Deletes a ${one}`,
    permission: "write",
    rest: { method: "DELETE", path: `${path}/:id`, status: 204 },
    params: byId,
    result: Done,
  }),
});

/** A default community always exists and cannot be deleted. */
export const communities = {
  group: "contacts",
  actions: namedActions("/communities", "community"),
  events: {},
  jobs: {},
} as const;
export const tags = { group: "contacts", actions: namedActions("/tags", "tag"), events: {}, jobs: {} } as const;

/** A rule tree: `{ all | any | none: [rule | { field, op, value }] }`; checked in depth when it is compiled to SQL. */
export const Rule = z.record(z.string(), z.unknown());
export const Segment = z.object({
  id: Id,
  name: z.string(),
  rule: Rule,
  version: z.number().int(),
  createdAt: Instant,
  updatedAt: Instant,
});
export const segments = {
  group: "contacts",
  actions: {
    list: action({
      summary: "Lists segments",
      permission: "read",
      rest: { method: "GET", path: "/segments" },
      params: z.strictObject({ ...listQuery }),
      result: page(Segment),
    }),
    get: action({
      summary: "Shows one segment",
      permission: "read",
      rest: { method: "GET", path: "/segments/:id" },
      params: byId,
      result: Segment,
    }),
    create: action({
      summary: "Creates a segment",
      permission: "write",
      rest: { method: "POST", path: "/segments", status: 201 },
      params: z.strictObject({ name, rule: Rule }),
      result: Segment,
    }),
    update: action({
      summary: "Changes a segment; `version` guards against overwriting another's change (If-Match)",
      permission: "write",
      rest: { method: "PATCH", path: "/segments/:id" },
      params: z.strictObject({
        id: Id,
        name: name.optional(),
        rule: Rule.optional(),
        version: z.coerce.number().int().optional(),
      }),
      result: Segment,
    }),
    remove: action({
      summary: "Deletes a segment",
      permission: "write",
      rest: { method: "DELETE", path: "/segments/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    preview: action({
      summary: "Counts the contacts a rule finds and shows some of them",
      permission: "read",
      rest: { method: "POST", path: "/segments/preview" },
      params: z.strictObject({ rule: Rule, sample: z.number().int().min(0).max(50).default(10) }),
      result: z.object({ count: z.number().int(), sample: z.array(Contact), sentence: z.string() }),
    }),
  },
  events: {},
  jobs: {},
} as const;

export const ImportStatus = z.enum(["queued", "running", "completed", "failed", "cancelled", "undoing", "undone"]);
export const ImportMapping = z.record(clean(z.string().max(500)), clean(z.string().max(100)));
export const ImportOptions = z.strictObject({
  dedupe: z.enum(["update", "skip"]).default("update"),
  consent: ConsentGiven.optional(),
  /** Two-letter country whose national phone format is assumed for numbers without +; US when absent. */
  country: z.string().length(2).optional(),
  communityId: Id.optional(),
  encoding: z.enum(["utf-8", "utf-16le", "utf-16be", "windows-1252"]).optional(),
  delimiter: z.enum([",", ";", "\t"]).optional(),
});
export const Import = z.object({
  id: Id,
  status: ImportStatus,
  fileName: z.string(),
  bytes: z.number().int(),
  /** Why it failed, in words. */
  reason: z.string().nullable(),
  encoding: z.string().nullable(),
  delimiter: z.string().nullable(),
  total: z.number().int(),
  inserted: z.number().int(),
  updated: z.number().int(),
  skipped: z.number().int(),
  failed: z.number().int(),
  /** Share of the file's bytes that is done, 0 to 1. */
  progress: z.number(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
});
export const imports = {
  group: "contacts",
  actions: {
    list: action({
      summary: "Lists imports, newest first",
      permission: "read",
      rest: { method: "GET", path: "/imports" },
      params: z.strictObject({ ...listQuery }),
      result: page(Import),
    }),
    get: action({
      summary: "Shows an import with its counts",
      permission: "read",
      rest: { method: "GET", path: "/imports/:id" },
      params: byId,
      result: Import,
    }),
    begin: action({
      summary: "Begins an upload; the gateway stores its chunks and completes it",
      permission: "write",
      params: z.strictObject({ fileName: clean(z.string().max(300)) }),
      result: z.object({ id: Id }),
    }),
    storeChunk: action({
      summary: "Stores one chunk of an upload (base64) in order",
      permission: "write",
      params: z.strictObject({ id: Id, seq: z.number().int().min(0), data: z.string() }),
      result: Done,
      timeout: 60_000,
    }),
    submit: action({
      summary: "Starts the import of a stored upload (multipart: file, mapping, options; parts in any order)",
      permission: "write",
      rest: { method: "POST", path: "/imports", status: 202, idempotent: true, produces: "application/json" },
      params: z.strictObject({ id: Id, mapping: ImportMapping, options: ImportOptions }),
      result: Import,
    }),
    discard: action({ summary: "Throws an unfinished upload away", permission: "write", params: byId, result: Done }),
    errors: action({
      summary: "One page of refused rows",
      permission: "read",
      rest: { method: "GET", path: "/imports/:id/errors" },
      params: z.strictObject({ id: Id, ...listQuery }),
      result: page(
        z.object({
          row: z.number().int(),
          errors: z.array(z.object({ column: z.string(), message: z.string() })),
          raw: z.string(),
        }),
      ),
    }),
    errorsCsv: action({
      summary: "The refused rows as CSV with their reasons",
      permission: "read",
      rest: { method: "GET", path: "/imports/:id/errors.csv", produces: "text/csv" },
      params: byId,
      result: z.string(),
      timeout: 60_000,
    }),
    cancel: action({
      summary: "Stops an import; rows already taken stay",
      permission: "write",
      rest: { method: "POST", path: "/imports/:id/cancel" },
      params: byId,
      result: Import,
    }),
    inspect: action({
      summary:
        "Recognises encoding, delimiter and headers of the first bytes of a file (base64) and suggests a mapping",
      permission: "read",
      rest: { method: "POST", path: "/imports/inspect" },
      params: z.strictObject({ head: z.string().max(1_500_000) }),
      result: z.object({
        encoding: z.string(),
        delimiter: z.string(),
        headers: z.array(z.string()),
        sample: z.array(z.array(z.string())),
        mapping: ImportMapping,
      }),
    }),
  },
  events: {
    "import.progressed": event(z.object({ importId: Id })),
    "import.finished": event(z.object({ importId: Id, status: ImportStatus })),
  },
  jobs: {
    "contacts.import": job({ queue: "default", input: z.object({ importId: Id }) }),
  },
} as const;

export const Suppression = z.object({
  id: Id,
  channel: Channel,
  address: z.string(),
  reason: z.string(),
  createdAt: Instant,
});
export const ConsentEntry = z.object({
  id: Id,
  channel: Channel,
  topic: z.string(),
  state: z.enum(["granted", "revoked"]),
  basis: z.string().nullable(),
  source: z.string().nullable(),
  wording: z.string().nullable(),
  ip: z.string().nullable(),
  at: Instant,
});
export const consent = {
  group: "contacts",
  actions: {
    listSuppressions: action({
      summary: "Lists suppressed addresses",
      permission: "read",
      rest: { method: "GET", path: "/suppressions" },
      params: z.strictObject({
        ...listQuery,
        channel: Channel.optional(),
        q: clean(z.string().max(320)).optional(),
        reason: clean(z.string().max(50)).optional(),
      }),
      result: page(Suppression),
    }),
    suppress: action({
      summary:
        "Suppresses an address: nothing more is sent to it on this channel. Suppressing it again answers the first entry",
      permission: "write",
      rest: { method: "POST", path: "/suppressions", status: 201 },
      params: z.strictObject({
        channel: Channel,
        address: clean(z.string().trim().min(3).max(320)),
        reason: z.enum(["manual", "hard_bounce", "complaint", "unsubscribed", "stop"]).default("manual"),
      }),
      result: Suppression,
    }),
    unsuppress: action({
      summary: "Lifts a suppression",
      permission: "write",
      rest: { method: "DELETE", path: "/suppressions/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    ledger: action({
      summary: "The consent ledger of one contact, newest first",
      permission: "read",
      rest: { method: "GET", path: "/contacts/:id/consents" },
      params: z.strictObject({ id: Id, ...listQuery }),
      result: page(ConsentEntry),
    }),
    record: action({
      summary: "Records that a contact granted or revoked consent",
      permission: "write",
      rest: { method: "POST", path: "/contacts/:id/consents", status: 201 },
      params: z.strictObject({
        id: Id,
        channels: z.array(Channel).min(1),
        state: z.enum(["granted", "revoked"]),
        basis: clean(z.string().trim().min(1).max(200)),
        source: clean(z.string().trim().min(1).max(200)),
        wording: clean(z.string().max(2000)).optional(),
      }),
      result: z.object({ recorded: z.number().int() }),
    }),
  },
  events: {},
  jobs: {},
} as const;
