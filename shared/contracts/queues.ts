// What operators see of a queue and of a job type: what waits, what is held, and figures of the last minute and day.
import { z } from "zod";
import { Id, Instant } from "./contract.ts";
import { Percentiles } from "./metrics.ts";

const Held = z.object({ at: Instant, by: Id.nullable(), reason: z.string().nullable() });
const depth = {
  scheduled: z.number().int(),
  /** Due, and waiting for a worker or for the end of a hold. */
  queued: z.number().int(),
  running: z.number().int(),
  /** When the job that has waited longest came due, and how long that is; null when none waits. */
  oldestDueAt: Instant.nullable(),
  oldestSeconds: z.number().nullable(),
  held: Held.nullable(),
};
/** The last minute, over all processes; null while Redis is away. */
const Live = z
  .object({
    completed: z.number().int(),
    failed: z.number().int(),
    /** Runs that failed and are followed by another. */
    retried: z.number().int(),
    /** Jobs that ended, a second. */
    perSecond: z.number(),
    /** How long the jobs that are due take at this rate; null when work waits and nothing ends. */
    backlogSeconds: z.number().nullable(),
    /** From due to started, in ms. */
    wait: Percentiles,
    /** From started to ended, in ms. */
    run: Percentiles,
  })
  .nullable();
const figures = {
  live: Live,
  /** What ended within 24 hours, the last minute or two left out. */
  day: z.object({ finished: z.number().int(), failed: z.number().int() }),
};
export const JobType = z.object({ name: z.string(), group: z.string(), ...depth, ...figures });
export const Queue = z.object({ name: z.string(), ...depth, ...figures, types: z.array(JobType) });
