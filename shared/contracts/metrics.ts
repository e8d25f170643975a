// Contracts of the metrics service: figures about queues and job types over time, and the job that adds them up.
import { z } from "zod";
import { action, clean, GivenInstant, Instant, job } from "./contract.ts";

/** Milliseconds below which 50, 95 and 99 of a hundred lie, each at most 9.1 % off; null when nothing was measured. */
export const Percentiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable();

/** Steps of a series, in seconds. */
export const seriesSteps = [60, 300, 900, 3_600, 21_600, 86_400] as const;

const word = clean(z.string().trim().min(1).max(200));

/** A stretch of time. */
export const SeriesPoint = z.object({
  /** Its start. */
  at: Instant,
  completed: z.number().int(),
  failed: z.number().int(),
  cancelled: z.number().int(),
  /** Runs that failed and were followed by another. */
  retried: z.number().int(),
  /** From due to started. */
  wait: Percentiles,
  /** From started to finished. */
  run: Percentiles,
});

export const metrics = {
  group: "scheduler",
  actions: {
    series: action({
      summary:
        "Jobs over time, of all queues, one queue or one type: ends, failures, retries, and how long they waited and ran. Minutes are kept two days, hours ninety",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/queues/stats" },
      params: z.strictObject({
        /** A queue; every queue when absent. */
        queue: word.optional(),
        /** A job type; every type when absent. */
        type: word.optional(),
        /** An hour before `until` when absent. */
        from: GivenInstant.optional(),
        /** Now when absent. */
        until: GivenInstant.optional(),
        /** Seconds per point; chosen to fit when absent. Raised to an hour where minutes are no longer kept. */
        step: z.coerce
          .number()
          .refine(
            (step) => (seriesSteps as readonly number[]).includes(step),
            `expected one of ${seriesSteps.join(", ")}`,
          )
          .optional(),
      }),
      result: z.object({
        from: Instant,
        until: Instant,
        step: z.number().int(),
        /** Figures are complete up to here; what ended later is added within a minute or two. */
        completeUntil: Instant,
        /** One per step, oldest first, also where nothing happened. */
        data: z.array(SeriesPoint),
      }),
      timeout: 20_000,
    }),
  },
  events: {},
  jobs: {
    "metrics.rollup": job({ queue: "default", input: z.object({}) }),
  },
} as const;
