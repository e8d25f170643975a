// Contracts of the bulk service: one act on many contacts, on exactly as many as were confirmed.
import { z } from "zod";
import { Channel } from "./channel.ts";
import { ContactFilter } from "./contact-filter.ts";
import { action, authors, byId, clean, event, Id, Instant, job, listQuery, managers, page } from "./contract.ts";

export const BulkVerb = z.enum(["tag", "untag", "suppress", "setCommunity", "export", "remove"]);
export type BulkVerb = z.infer<typeof BulkVerb>;
/** Those that only owners and managers may start: they take the data of many people away, or the people. */
export const managersBulkActs: readonly BulkVerb[] = ["export", "remove"];
export const BulkStatus = z.enum(["queued", "running", "completed", "failed", "cancelled"]);

/** Which contacts: these, or all that fulfil a filter (an empty one means everybody). */
const which = {
  ids: z.array(Id).min(1).max(10_000).optional(),
  filter: ContactFilter.optional(),
};
const oneOfBoth = (given: { ids?: unknown; filter?: unknown }) =>
  (given.ids === undefined) !== (given.filter === undefined);
const oneOfBothWords = { message: "give exactly one of ids and filter", path: ["ids"] };

export const BulkAct = z.object({
  id: Id,
  act: BulkVerb,
  tag: z.string().nullable(),
  communityId: Id.nullable(),
  channel: Channel.nullable(),
  status: BulkStatus,
  /** Contacts of the snapshot: the number that was confirmed. */
  total: z.number().int(),
  /** Contacts that were changed, or are in the export. */
  done: z.number().int(),
  /** Contacts that were as wanted already. */
  already: z.number().int(),
  /** Contacts that were left out, by reason. */
  skipped: z.record(z.string(), z.number().int()),
  /** Size of the export; null for other acts and while it is not finished. */
  bytes: z.number().int().nullable(),
  /** Whether the file can be fetched: exports are kept for a week. */
  hasFile: z.boolean(),
  createdAt: Instant,
  finishedAt: Instant.nullable(),
});
export type BulkAct = z.infer<typeof BulkAct>;

export const bulk = {
  group: "contacts",
  actions: {
    count: action({
      summary: "The exact number of contacts that a bulk act would take; changes nothing",
      permission: "read",
      scope: "community",
      rest: { method: "POST", path: "/contacts/bulk/count" },
      params: z.strictObject(which).refine(oneOfBoth, oneOfBothWords),
      result: z.object({ count: z.number().int() }),
      timeout: 30_000,
    }),
    start: action({
      summary:
        "Acts on many contacts: on those of this moment, and only when they are exactly `expected` many (409 otherwise). `tag` and `untag` take `tag`, `setCommunity` takes `communityId`, `suppress` takes `channel`. `export` and `remove` are for owners and managers",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/contacts/bulk", status: 202, idempotent: true, adds: true },
      params: z
        .strictObject({
          ...which,
          act: BulkVerb,
          expected: z.number().int().min(0),
          tag: clean(z.string().trim().min(1).max(100)).optional(),
          communityId: Id.optional(),
          channel: Channel.optional(),
        })
        .refine(oneOfBoth, oneOfBothWords),
      result: BulkAct,
      timeout: 60_000,
    }),
    list: action({
      summary: "Lists bulk acts, newest first",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/bulk-acts" },
      params: z.strictObject({ ...listQuery }),
      result: page(BulkAct),
    }),
    get: action({
      summary: "Shows a bulk act with its counts",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/bulk-acts/:id" },
      params: byId,
      result: BulkAct,
    }),
    cancel: action({
      summary: "Stops a bulk act; what is done stays done",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/bulk-acts/:id/cancel" },
      params: byId,
      result: BulkAct,
    }),
    file: action({
      summary: "The export as CSV (UTF-8 with byte order mark), safe to open in a spreadsheet",
      permission: "write",
      roles: managers,
      scope: "community",
      rest: { method: "GET", path: "/bulk-acts/:id/file.csv", produces: "text/csv" },
      refusals: [409],
      params: byId,
      result: z.object({ chunks: z.number().int(), bytes: z.number().int() }),
    }),
    fileChunk: action({
      summary: "One chunk of an export; the gateway puts them together",
      permission: "write",
      roles: managers,
      scope: "community",
      params: z.strictObject({ id: Id, seq: z.number().int().min(0) }),
      result: z.object({ text: z.string() }),
    }),
  },
  events: {
    "bulk.finished": event(z.object({ bulkId: Id, status: BulkStatus })),
  },
  jobs: {
    "contacts.bulk": job({ queue: "default", input: z.object({ bulkId: Id }) }),
  },
} as const;
