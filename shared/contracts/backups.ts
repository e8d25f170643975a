// Contracts of the backups service: what is kept and where, taking one now, and the last restore. Restoring is a command
// on purpose: it replaces everything, so it is not done over the network.
import { z } from "zod";
import { action, Id, Instant, job } from "./contract.ts";

const Backup = z.object({
  id: Id,
  /** `gone`: it was kept there once, and is not any more. */
  state: z.enum(["running", "completed", "failed", "gone"]),
  /** Null for one that another system made. */
  jobId: Id.nullable(),
  startedAt: Instant,
  finishedAt: Instant.nullable(),
  /** What happened up to this moment is in it. */
  takenAt: Instant.nullable(),
  /** A folder, or bucket and prefix. */
  place: z.string(),
  /** What `npm run restore -- --from` takes. */
  name: z.string().nullable(),
  bytes: z.number().nullable(),
  rows: z.number().nullable(),
  /** The last migration that it holds. */
  schema: z.string().nullable(),
  platform: z.string().nullable(),
  /** Why it failed. */
  error: z.string().nullable(),
});
export type BackupView = z.input<typeof Backup>;

const Restore = z.object({
  restoredAt: Instant,
  /** What happened after this moment is not known here. */
  takenAt: Instant,
  name: z.string(),
  rows: z.number(),
  /** True: campaigns went on by themselves. */
  resumed: z.boolean(),
  heldCampaigns: z.number().int(),
  /** Messages that were waiting in them. */
  heldMessages: z.number(),
  /** Messages that may have been sent and wait for a decision. */
  unknownMessages: z.number(),
});

export const backups = {
  group: "scheduler",
  actions: {
    list: action({
      summary: "The latest backups and failed attempts, where they are kept, and the last restore",
      permission: "admin",
      rest: { method: "GET", path: "/backups" },
      params: z.strictObject({}),
      result: z.object({
        data: z.array(Backup),
        /** Null when there is no place for backups; `problem` says what to do. */
        place: z.object({ kind: z.enum(["disk", "s3"]), name: z.string() }).nullable(),
        problem: z.string().nullable(),
        /** How many stay. */
        keep: z.object({ daily: z.number().int(), weekly: z.number().int(), monthly: z.number().int() }),
        /** When the newest whole one was taken; null: there is none. */
        newestAt: Instant.nullable(),
        /** True: the newest is older than two days, or there is none since the platform could take one. */
        late: z.boolean(),
        restored: Restore.nullable(),
      }),
    }),
    create: action({
      summary: "Takes a backup now; 409 while one is being taken",
      permission: "admin",
      rest: { method: "POST", path: "/backups", status: 202 },
      params: z.strictObject({}),
      result: z.object({ jobId: Id }),
    }),
  },
  events: {},
  jobs: {
    "backup.run": job({ queue: "default", input: z.object({}) }),
  },
} as const;
