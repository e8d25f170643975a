// The words for jobs: their states, what may be done with them, and how long things took.
import type { ApiParams, ApiResult, Row } from "../../api.ts";
import { counted, duration, type Word } from "../../words.ts";

export type JobRow = Row<"jobs.list">;
export type JobDetail = ApiResult<"jobs.get">;
export type JobState = JobRow["state"];
/** Which jobs, as the API takes it. */
export type JobFilter = NonNullable<ApiParams<"jobs.bulk">["filter"]>;
export type JobVerb = ApiParams<"jobs.bulk">["act"];

export const jobStates: Readonly<Record<JobState, Word>> = {
  scheduled: { label: "for later", tone: "neutral" },
  queued: { label: "waiting", tone: "neutral" },
  running: { label: "running", tone: "accent" },
  completed: { label: "done", tone: "good" },
  failed: { label: "failed", tone: "bad" },
  cancelled: { label: "cancelled", tone: "neutral" },
};

/** True while something may still happen to the job by itself. */
export const isLive = (state: JobState): boolean => state === "scheduled" || state === "queued" || state === "running";

/** The moment that says most about a job: when it ended, began, or is due. */
export const momentOf = (job: JobRow): string => job.finishedAt ?? job.startedAt ?? job.runAt;

/** Runs begun, of those that are allowed where that is known. */
export const attemptWords = ({ attempts, maxAttempts }: Pick<JobRow, "attempts" | "maxAttempts">): string =>
  maxAttempts === null ? String(attempts) : `${attempts} of ${maxAttempts}`;

const classes: Readonly<Record<string, string>> = {
  Unrecoverable: "trying again cannot help",
  RunAborted: "it was stopped",
  UnknownJobType: "nobody knows this type",
  TimeoutError: "no answer in time",
};
/** The kind of an error; names of programs stay as they are. */
export const errorWords = (kind: string): string => classes[kind] ?? kind;

/** Time between two instants in words; short times in milliseconds. */
export const between = (from: string, until: string): string => {
  const ms = Math.max(0, Date.parse(until) - Date.parse(from));
  return ms < 1_000 ? `${ms} ms` : duration(ms / 1_000);
};

interface VerbWords {
  readonly short: string;
  readonly title: string;
  readonly long: (jobs: string) => string;
  readonly note: string;
  /** Typed once more by hand, because it cannot be taken back. */
  readonly typed: boolean;
}
export const verbWords: Readonly<Record<JobVerb, VerbWords>> = {
  retry: {
    short: "Run again",
    title: "Run jobs again",
    long: (jobs) => `Run ${jobs} again`,
    note: "Failed and cancelled jobs start from the beginning, with the input they had. Others are passed over.",
    typed: false,
  },
  cancel: {
    short: "Cancel",
    title: "Cancel jobs",
    long: (jobs) => `Cancel ${jobs}`,
    note: "Waiting jobs never start, and running ones are told to stop. Finished ones are passed over. A cancelled job can be run again.",
    typed: true,
  },
  delete: {
    short: "Delete",
    title: "Delete jobs",
    long: (jobs) => `Delete ${jobs}`,
    note: "Finished jobs leave the history for good, with their errors. Waiting and running ones are passed over.",
    typed: true,
  },
};

export const jobsCounted = (n: number): string => counted(n, "job");
