// How a service declares the handler of a job type. The type, its queue and its input stand in the contracts.
import type { Deps } from "../broker/deps.ts";
import type { JobInput, JobName } from "../contracts/index.ts";

/** What a handler knows of the run it is in. */
export interface JobRun {
  readonly id: string;
  /** 1 for the first run. */
  readonly attempt: number;
  /** Aborted on timeout, cancel, lost lease and shutdown: stop at the next safe point. */
  readonly signal: AbortSignal;
  readonly deps: Deps;
  /** Adds a line to the job's log (kept with the job, at most 200). */
  log(line: string): void;
  /** Share that is done, 0 to 1. */
  progress(share: number): void;
}

export interface JobOptions {
  /** Runs before it counts as failed; default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second run; doubles each time with full jitter up to `backoffCapMs`. Default 1,000. */
  readonly backoffMs?: number;
  /** Default 10 minutes. */
  readonly backoffCapMs?: number;
  /** Milliseconds one run may take before its signal is aborted; default 60,000. */
  readonly timeoutMs?: number;
  /** Runs of this type at once in one process; default: the worker's free slots. */
  readonly concurrency?: number;
}

/** How often jobs of a type may start, over all processes. A job that waits for its turn uses up no attempt and no slot. */
export interface RateLimit<I> {
  /** What is limited, such as an account; without it the type as a whole. */
  readonly key?: (input: I) => string;
  /** Starts in any stretch of `perMs`. */
  readonly limit: number;
  /** Milliseconds. */
  readonly perMs: number;
}

export interface JobDefinition extends JobOptions {
  readonly name: JobName;
  readonly rateLimit?: RateLimit<never>;
  readonly handler: (input: never, run: JobRun) => Promise<unknown>;
}

/** Declares a handler. At least once with idempotent effects: a run may be repeated after a crash. */
export const defineJob = <J extends JobName>(
  definition: JobOptions & {
    readonly name: J;
    readonly rateLimit?: RateLimit<JobInput<J>>;
    readonly handler: (input: JobInput<J>, run: JobRun) => Promise<unknown>;
  },
): JobDefinition => definition as unknown as JobDefinition;

/** Thrown by a handler when trying again cannot help: the job fails at once. */
export class Unrecoverable extends Error {
  override name = "Unrecoverable";
}

/** Thrown by a handler to run again later without using up an attempt. */
export class RetryLater extends Error {
  override name = "RetryLater";
  readonly delayMs: number;
  constructor(delayMs: number, reason = "not now") {
    super(reason);
    this.delayMs = delayMs;
  }
}
/** Ends this run; the job runs again after `ms`, and no attempt is counted. */
export const retryLater = (ms: number, reason?: string): RetryLater => new RetryLater(ms, reason);
