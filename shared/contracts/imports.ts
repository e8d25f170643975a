// Contracts of the imports service: files of contacts, taken row by row.
import { z } from "zod";
import { Channel, ConsentGiven } from "./channel.ts";
import { action, authors, byId, clean, Done, event, Id, Instant, job, listQuery, page } from "./contract.ts";

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
/** What became, or would become, of the contacts of an import that is undone. */
export const ImportUndo = z.object({
  /** Contacts that it made and that go. */
  removed: z.number().int(),
  /** Contacts that it made and that stay: somebody wrote to them, they said something themselves, or were changed. */
  kept: z.object({ messaged: z.number().int(), consented: z.number().int(), edited: z.number().int() }),
  /** Contacts that it changed and that are again as they were. */
  restored: z.number().int(),
  /** The same, but for fields that somebody changed since or that belong to another contact now. */
  partly: z.number().int(),
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
  /** The consent that came with the file; null when it came without. */
  consent: ConsentGiven.nullable(),
  /** Null when it cannot be undone: it has not ended, or what contacts were before is not kept any more. */
  undoableUntil: Instant.nullable(),
  /** What undoing has done so far; null when nobody asked for it. */
  undo: ImportUndo.nullable(),
});
/** Consent that a person recorded for everybody of an import. */
export const ImportClaim = z.object({
  id: Id,
  importId: Id,
  channels: z.array(Channel),
  basis: z.string(),
  source: z.string(),
  wording: z.string().nullable(),
  claimedAt: Instant,
  finishedAt: Instant.nullable(),
  /** Contacts that have consent by it. */
  granted: z.number().int(),
  /** Contacts that said something before, are suppressed, or have no address on the channels. */
  leftOut: z.number().int(),
});
export const imports = {
  group: "contacts",
  actions: {
    list: action({
      summary: "Lists imports, newest first",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/imports" },
      params: z.strictObject({ ...listQuery }),
      result: page(Import),
    }),
    get: action({
      summary: "Shows an import with its counts",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/imports/:id" },
      params: byId,
      result: Import,
    }),
    begin: action({
      summary: "Begins an upload; the gateway stores its chunks and completes it",
      permission: "write",
      roles: authors,
      scope: "community",
      params: z.strictObject({ fileName: clean(z.string().max(300)) }),
      result: z.object({ id: Id }),
    }),
    storeChunk: action({
      summary: "Stores one chunk of an upload (base64) in order",
      permission: "write",
      roles: authors,
      scope: "community",
      params: z.strictObject({ id: Id, seq: z.number().int().min(0), data: z.string() }),
      result: Done,
      timeout: 60_000,
    }),
    submit: action({
      summary: "Starts the import of a stored upload (multipart: file, mapping, options; parts in any order)",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: {
        method: "POST",
        path: "/imports",
        status: 202,
        idempotent: true,
        adds: true,
        produces: "application/json",
      },
      params: z.strictObject({ id: Id, mapping: ImportMapping, options: ImportOptions }),
      result: Import,
    }),
    discard: action({
      summary: "Throws an unfinished upload away",
      permission: "write",
      roles: authors,
      scope: "community",
      params: byId,
      result: Done,
    }),
    errors: action({
      summary: "One page of refused rows",
      permission: "read",
      scope: "community",
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
      scope: "community",
      rest: { method: "GET", path: "/imports/:id/errors.csv", produces: "text/csv" },
      params: byId,
      result: z.string(),
      timeout: 60_000,
    }),
    cancel: action({
      summary: "Stops an import; rows already taken stay",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/imports/:id/cancel" },
      params: byId,
      result: Import,
    }),
    previewUndo: action({
      summary: "Counts what undoing an import would do, without doing it",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/imports/:id/undo" },
      refusals: [409],
      params: byId,
      result: ImportUndo,
      timeout: 60_000,
    }),
    undo: action({
      summary: "Undoes an import: removes contacts that it made and nobody touched since, restores what it changed",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/imports/:id/undo", status: 202 },
      params: byId,
      result: Import,
    }),
    claimConsent: action({
      summary:
        "Records consent for everybody an import brought of whom nothing was said yet. A no and a suppression stay",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/imports/:id/consent", status: 202, idempotent: true },
      params: z.strictObject({
        id: Id,
        channels: ConsentGiven.shape.channels,
        basis: ConsentGiven.shape.basis,
        source: ConsentGiven.shape.source,
        wording: clean(z.string().max(2000)).optional(),
      }),
      result: ImportClaim,
    }),
    claims: action({
      summary: "Consent that was recorded for everybody of an import, newest first",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/imports/:id/consent" },
      params: byId,
      result: z.object({ data: z.array(ImportClaim) }),
    }),
    inspect: action({
      summary:
        "Recognises encoding, delimiter and headers of the first bytes of a file (base64) and suggests a mapping",
      permission: "read",
      scope: "community",
      rest: { method: "POST", path: "/imports/inspect" },
      params: z.strictObject({ head: z.string().max(1_500_000) }),
      result: z.object({
        encoding: z.string(),
        delimiter: z.string(),
        headers: z.array(z.string()),
        sample: z.array(z.array(z.string())),
        mapping: ImportMapping,
        /** Set when a file with these columns was imported before: encoding, delimiter and mapping are as then. */
        remembered: z
          .object({ fileName: z.string(), at: Instant, options: ImportOptions.omit({ consent: true }) })
          .nullable(),
      }),
    }),
  },
  events: {
    "import.progressed": event(z.object({ importId: Id })),
    "import.finished": event(z.object({ importId: Id, status: ImportStatus })),
  },
  jobs: {
    "contacts.import": job({ queue: "default", input: z.object({ importId: Id }) }),
    "contacts.import-undo": job({ queue: "default", input: z.object({ importId: Id }) }),
    "contacts.import-consent": job({ queue: "default", input: z.object({ claimId: Id }) }),
    "imports.prune": job({ queue: "default", input: z.object({}) }),
  },
} as const;
