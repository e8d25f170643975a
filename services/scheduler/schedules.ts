// The schedules of the platform: which job comes when. Only jobs that take no input can be scheduled; a wrong job name
// is a compile error. At start the table is brought into the database, where people may change, pause and see it.
import type { JobName } from "../../shared/contracts/index.ts";
import type { JobParams } from "../../shared/jobs/enqueue.ts";

/** Job types whose input may be empty. */
export type ScheduledJob = { [J in JobName]: Record<never, never> extends JobParams<J> ? J : never }[JobName];

export interface Schedule {
  /** What people know it by; the key in the database. */
  readonly name: string;
  /** What its job does, in a sentence for people. */
  readonly about: string;
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

const every = (job: ScheduledJob, cron: string, about: string, catchUp: Schedule["catchUp"] = "one"): Schedule => ({
  name: job,
  about,
  cron,
  timezone: "UTC",
  job,
  overlap: "skip",
  catchUp,
});

export const schedules: readonly Schedule[] = [
  every("campaign.due", "* * * * *", "Starts campaigns whose time has come."),
  every("email.inbound.fetch", "* * * * *", "Fetches bounces and complaints from the mailbox.", "skip"),
  // Each minute, so that charts end where the live view begins; what was missed is made up for by the next.
  every("metrics.rollup", "* * * * *", "Adds up the last minutes and hours of each job type for the charts.", "skip"),
  every("outbox.sweep", "* * * * *", "Deletes events that every part of the platform has read.", "skip"),
  every("backup.run", "0 3 * * *", "Takes a backup of everything, and removes those that are no longer kept."),
  every("tokens.cleanup", "0 1 * * *", "Deletes links, keys and tokens that have expired."),
  every("messages.partition", "0 4 * * *", "Makes room in the ledger for the messages of the coming months."),
  every("jobs.prune", "0 4 * * *", "Deletes finished jobs and past times of schedules when they are old."),
  every("monitors.prune", "15 4 * * *", "Deletes old incidents."),
  every("webhooks.prune", "30 4 * * *", "Deletes old callbacks of providers."),
  every("imports.prune", "30 4 * * *", "Deletes files of imports that can no longer be undone."),
];
