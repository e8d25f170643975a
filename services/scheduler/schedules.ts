// The schedules of the platform: which job comes when. Only jobs that take no input can be scheduled; a wrong job name
// is a compile error. At start the table is brought into the database, where people may change, pause and see it.
import type { JobName } from "../../shared/contracts/index.ts";
import type { JobParams } from "../../shared/jobs/enqueue.ts";

/** Job types whose input may be empty. */
export type ScheduledJob = { [J in JobName]: Record<never, never> extends JobParams<J> ? J : never }[JobName];

export interface Schedule {
  /** What people know it by; the key in the database. */
  readonly name: string;
  /** Five fields from the minute on, or six from the second on. */
  readonly cron: string;
  /** IANA time zone in which the fields are read. */
  readonly timezone: string;
  readonly job: ScheduledJob;
  /** `skip`: no new job while the one before is still live. */
  readonly overlap: "skip" | "allow";
  /** What becomes of slots that nobody was there to fire: none of them, only the last, or all. */
  readonly catchUp: "skip" | "one" | "all";
}

const every = (job: ScheduledJob, cron: string, catchUp: Schedule["catchUp"] = "one"): Schedule => ({
  name: job,
  cron,
  timezone: "UTC",
  job,
  overlap: "skip",
  catchUp,
});

export const schedules: readonly Schedule[] = [
  every("campaign.due", "* * * * *"),
  every("email.inbound.fetch", "* * * * *", "skip"),
  every("outbox.sweep", "* * * * *", "skip"),
  every("tokens.cleanup", "0 1 * * *"),
  every("messages.partition", "0 4 * * *"),
  every("jobs.prune", "0 4 * * *"),
  every("monitors.prune", "15 4 * * *"),
  every("webhooks.prune", "30 4 * * *"),
  every("imports.prune", "30 4 * * *"),
];
