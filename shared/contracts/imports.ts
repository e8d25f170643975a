// Contracts of the imports service: files of contacts, taken row by row.
import { z } from "zod";
import { ConsentGiven } from "./channel.ts";
import { action, byId, clean, Done, event, Id, Instant, job, listQuery, page } from "./contract.ts";

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
