// Contracts of the jobs service: what operators see of queues and jobs, and what they do with them.
import { z } from "zod";
import { action, byId, clean, Done, GivenInstant, Id, Instant, job, listQuery, page } from "./contract.ts";
import { JobType, Queue } from "./queues.ts";

export const JobState = z.enum(["scheduled", "queued", "running", "completed", "failed", "cancelled"]);
const JobError = z.object({
  attempt: z.number().int(),
  at: Instant,
  /** Code of the error catalogue where there is one, else the error's name. */
  class: z.string(),
  message: z.string(),
  frames: z.array(z.string()),
});

/** `input` is not here: it may hold personal data, see `jobs.input`. */
export const Job = z.object({
  id: Id,
  type: z.string(),
  group: z.string(),
  queue: z.string(),
  lane: z.enum(["high", "normal", "low"]),
  state: JobState,
  attempts: z.number().int(),
  maxAttempts: z.number().int().nullable(),
  tags: z.array(z.string()),
  /** What the job is about, such as `campaign:<id>`. */
  entity: z.string().nullable(),
  uniqueKey: z.string().nullable(),
  /** Of the last attempt that failed. */
  error: JobError.optional(),
  /** Same for failures of the same kind. */
  fingerprint: z.string().optional(),
  worker: z.string().nullable(),
  /** The request and the trace that it came from; null for what the platform began by itself. */
  requestId: z.string().nullable(),
  traceId: z.string().nullable(),
  /** Share that is done, 0 to 1. */
  progress: z.number().optional(),
  createdAt: Instant,
  runAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
});
export const JobDetail = Job.extend({
  errors: z.array(JobError),
  log: z.array(z.string()),
  /** The input with its values hidden: fields and kinds only, and ids. */
  shape: z.unknown(),
});

const word = clean(z.string().trim().min(1).max(200));
/** Which jobs: by state, type, queue, group, tag, entity, fingerprint, person and the time they were made. */
const filter = {
  state: JobState.optional(),
  type: word.optional(),
  queue: word.optional(),
  group: word.optional(),
  tag: word.optional(),
  entity: word.optional(),
  fingerprint: word.optional(),
  /** About this contact: the job itself, or a message to it, or a callback about such a message. */
  contactId: Id.optional(),
  /** The same by what is known of the person: email, phone or name; at most 200 people may match. */
  person: word.optional(),
  from: GivenInstant.optional(),
  until: GivenInstant.optional(),
};
/** Failed jobs of one kind: same type, same error, same place in the code. */
export const JobFailure = z.object({
  fingerprint: z.string(),
  type: z.string(),
  queue: z.string(),
  count: z.number().int(),
  firstAt: Instant,
  lastAt: Instant,
  /** Failures in 24 equal parts of the window, oldest first. */
  counts: z.array(z.number().int()),
  /** The newest of them. */
  jobId: Id,
  error: JobError.nullable(),
});
const named = z.strictObject({ name: word });
const holding = z.strictObject({ name: word, reason: clean(z.string().trim().min(1).max(300)).optional() });
const JobAct = z.enum(["retry", "cancel", "delete"]);
export type JobAct = z.infer<typeof JobAct>;

export const jobs = {
  group: "scheduler",
  actions: {
    queues: action({
      summary: "Queues and their job types: what waits and how long, what is held, and the figures of the last minute",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/queues" },
      params: z.strictObject({}),
      result: z.object({ data: z.array(Queue) }),
    }),
    pauseQueue: action({
      summary:
        "Holds a queue: nothing of it starts until it is resumed. What runs goes on; `emails` also stops sending",
      permission: "admin",
      rest: { method: "POST", path: "/queues/:name/pause" },
      params: holding,
      result: Queue,
    }),
    resumeQueue: action({
      summary: "Lifts the hold of a queue",
      permission: "admin",
      rest: { method: "POST", path: "/queues/:name/resume" },
      params: named,
      result: Queue,
    }),
    pauseType: action({
      summary: "Holds a job type: none of its jobs starts until it is resumed",
      permission: "admin",
      rest: { method: "POST", path: "/job-types/:name/pause" },
      params: holding,
      result: JobType,
    }),
    resumeType: action({
      summary: "Lifts the hold of a job type",
      permission: "admin",
      rest: { method: "POST", path: "/job-types/:name/resume" },
      params: named,
      result: JobType,
    }),
    list: action({
      summary: "Searches jobs over all states, newest first",
      permission: "read",
      rest: { method: "GET", path: "/jobs" },
      params: z.strictObject({ ...listQuery, ...filter }),
      result: page(Job),
    }),
    get: action({
      summary: "Shows one job with every attempt's error and its log",
      permission: "read",
      rest: { method: "GET", path: "/jobs/:id" },
      params: byId,
      result: JobDetail,
    }),
    failures: action({
      summary: "Failed jobs by kind of failure, over the last 7 days or the time given, with the newest error of each",
      permission: "read",
      rest: { method: "GET", path: "/job-failures" },
      params: z.strictObject({
        from: GivenInstant.optional(),
        until: GivenInstant.optional(),
        queue: word.optional(),
        type: word.optional(),
        sort: z.enum(["last", "count"]).default("last"),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
      result: z.object({ from: Instant, until: Instant, total: z.number().int(), data: z.array(JobFailure) }),
    }),
    input: action({
      summary: "Shows the input of a job, which may hold personal data; the audit log keeps who looked",
      permission: "admin",
      rest: { method: "GET", path: "/jobs/:id/input", recorded: true },
      params: byId,
      result: z.object({ input: z.unknown() }),
    }),
    retry: action({
      summary: "Runs a failed or cancelled job again, with another input if one is given",
      permission: "admin",
      rest: { method: "POST", path: "/jobs/:id/retry" },
      params: z.strictObject({ id: Id, input: z.record(z.string(), z.unknown()).optional() }),
      result: Job,
    }),
    cancel: action({
      summary: "Cancels a job that waits or runs; a running one is told to stop, and what it still does does not count",
      permission: "admin",
      rest: { method: "POST", path: "/jobs/:id/cancel" },
      params: byId,
      result: Job,
    }),
    remove: action({
      summary: "Deletes a finished job from the history",
      permission: "admin",
      rest: { method: "DELETE", path: "/jobs/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    bulk: action({
      summary:
        "Retries, cancels or deletes the jobs named by `ids` or `filter`; `dryRun` only counts, `expected` is the count confirmed, which a filter needs",
      permission: "admin",
      rest: { method: "POST", path: "/jobs/bulk", status: 202 },
      params: z.strictObject({
        act: JobAct,
        ids: z.array(Id).min(1).max(1000).optional(),
        filter: z.strictObject(filter).optional(),
        dryRun: z.boolean().default(false),
        /** The number that was confirmed: with another one nothing is begun. A filter needs it, except for a dry run. */
        expected: z.number().int().min(0).optional(),
      }),
      /** `matched`: jobs that the act concerns. `jobId`: the job that does it, also shown in the list; null for a dry run. */
      result: z.object({ matched: z.number().int(), jobId: Id.nullable() }),
    }),
  },
  events: {},
  jobs: {
    "jobs.bulk-act": job({
      queue: "default",
      input: z.object({
        act: JobAct,
        ids: z.array(Id).optional(),
        filter: z.strictObject(filter).optional(),
        /** When it was asked for: what failed after that is not touched. */
        at: Instant.optional(),
      }),
    }),
  },
} as const;
