// One run of one job: its input is checked, its handler gets a signal and a time limit, and whatever happens becomes an
// outcome. A run whose signal was aborted never counts as completed, however its handler ended: it may have stopped early.
import type { Deps } from "../broker/deps.ts";
import { reportError } from "../broker/report.ts";
import { validate } from "../broker/validate.ts";
import type { RunningJob } from "../broker/vitals.ts";
import { jobContracts } from "../contracts/index.ts";
import { isConnectionLost, isOutOfSpace } from "../db/knex.ts";
import { pauseFor } from "../streams/backoff.ts";
import type { ClaimedJob } from "./claim.ts";
import type { Outcome } from "./complete.ts";
import { type JobDefinition, type JobRun, RetryLater, Unrecoverable } from "./define.ts";
import { takeTurn } from "./rate-limit.ts";
import { attemptError, fingerprint, jobDefaults, retryDelay, storable, unknownTypeOptions } from "./retry-policy.ts";
import { RunAbort, RunAborted } from "./run-abort.ts";

/** A run in progress. */
export interface ActiveRun {
  readonly job: ClaimedJob;
  readonly controller: RunAbort;
  /** Monotonic ms. */
  readonly claimedAt: number;
  /** Monotonic ms of the last renewal that succeeded. */
  renewedAt: number;
  /** Monotonic ms at which its handler was called; undefined while it waits for a slot. */
  begunAt: number | undefined;
  progress: number | undefined;
  readonly lines: string[];
  /** This run wrote lines of its own. */
  hasLogged: boolean;
  /** Progress or log changed since the last renewal. */
  changed: boolean;
}

export interface RunEnd extends Outcome {
  /** The error says that a connection was lost, or a disk full: whether it was ours to Postgres is found out when this is written. */
  readonly connectionLost: boolean;
  /** It did not run: its turn has not come. */
  readonly turnedAway?: boolean;
  /** Nobody knows whether it was claimed at all. */
  readonly unsure?: boolean;
}

const maxLines = 200;
const maxLineLength = 1_000;
/** How long a handler may take to obey its signal, in ms; after that it is left behind. */
const obeyMs = 5_000;

export const startRun = (job: ClaimedJob, now: number): ActiveRun => ({
  job,
  controller: new RunAbort(),
  claimedAt: now,
  renewedAt: now,
  begunAt: undefined,
  progress: undefined,
  lines: job.log ? job.log.split("\n") : [],
  hasLogged: false,
  changed: false,
});

/** What runs, the longest first; enough of it to see what a process is busy with. */
export const longestRunning = (runs: Iterable<ActiveRun>, now: number): RunningJob[] =>
  [...runs]
    .flatMap(({ job: { id, type }, begunAt }) =>
      begunAt === undefined ? [] : [{ id, type, ms: Math.round(now - begunAt) }],
    )
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 50);

/** The log as it is stored; undefined when there is none. */
export const logOf = (run: ActiveRun): string | undefined => (run.lines.length > 0 ? run.lines.join("\n") : undefined);

const viewOf = (run: ActiveRun, deps: Deps): JobRun => ({
  id: run.job.id,
  attempt: run.job.attempt,
  get signal() {
    return run.controller.signal;
  },
  deps,
  log(line) {
    if (run.lines.length >= maxLines) run.lines.shift();
    run.lines.push(storable(line, maxLineLength).replaceAll("\n", " "));
    run.hasLogged = true;
    run.changed = true;
  },
  progress(share) {
    if (!Number.isFinite(share)) return;
    run.progress = Math.min(1, Math.max(0, share));
    run.changed = true;
  },
});

const outcome = (run: ActiveRun, kind: Outcome["kind"], more: Partial<RunEnd> = {}): RunEnd => ({
  id: run.job.id,
  attemptId: run.job.attemptId,
  type: run.job.type,
  kind,
  delayMs: 0,
  counts: true,
  error: undefined,
  fingerprint: undefined,
  progress: run.progress,
  // Also what a renewal has taken: whether that one arrived is not known here.
  log: run.hasLogged ? logOf(run) : undefined,
  connectionLost: false,
  ...more,
});

/** The job goes back unrun, or cut short by no fault of its own: no attempt is counted. */
export const givenBack = (run: ActiveRun, delayMs = 0): RunEnd => outcome(run, "again", { counts: false, delayMs });

/** What becomes of a job whose claim was not answered: if it was claimed, it goes back unrun. */
export const perhapsClaimed = (id: string, type: string, attemptId: string): RunEnd => ({
  ...{ id, type, attemptId, kind: "again", delayMs: 0, counts: false },
  ...{ error: undefined, fingerprint: undefined, progress: undefined, log: undefined },
  ...{ connectionLost: false, unsure: true },
});

const failed = (run: ActiveRun, definition: JobDefinition | undefined, thrown: unknown, deps: Deps): RunEnd => {
  const { job } = run;
  const error = attemptError(thrown, job.attempt, deps.clock.now());
  const print = fingerprint(job.type, error);
  const connectionLost = isConnectionLost(thrown) || isOutOfSpace(thrown);
  if (thrown instanceof Unrecoverable || job.attempt >= job.maxAttempts) {
    if (!connectionLost) reportError(thrown, { kind: "job", name: job.type, id: job.id, attempt: job.attempt });
    return outcome(run, "failed", { error, fingerprint: print, connectionLost });
  }
  const delayMs = retryDelay(job.attempt, definition ?? unknownTypeOptions);
  return outcome(run, "again", { error, fingerprint: print, delayMs, connectionLost });
};

const ended = (run: ActiveRun, definition: JobDefinition, thrown: unknown, deps: Deps): RunEnd => {
  const { reason } = run.controller;
  if (reason) return reason.why === "timeout" ? failed(run, definition, reason, deps) : givenBack(run);
  if (thrown === undefined) return outcome(run, "completed", { progress: run.progress === undefined ? undefined : 1 });
  if (thrown instanceof RetryLater)
    return outcome(run, "again", { counts: false, delayMs: Math.max(0, thrown.delayMs) });
  return failed(run, definition, thrown, deps);
};

const timedOut = (ms: number) =>
  new RunAborted("timeout", `It took longer than its limit of ${ms} ms; raise timeoutMs or make the step smaller`);

/** What a handler threw, or undefined; "left behind" when it ignored its signal for too long. */
const handled = (handling: Promise<unknown>, controller: RunAbort): Promise<{ thrown: unknown } | "left behind"> =>
  new Promise((resolve) => {
    handling.then(
      () => resolve({ thrown: undefined }),
      (thrown: unknown) => resolve({ thrown: thrown ?? new Error("The handler rejected with nothing") }),
    );
    controller.whenAborted(() => void pauseFor(obeyMs).then(() => resolve("left behind")));
  });

/** Runs the handler and says what became of it. Never rejects. */
export const perform = async (run: ActiveRun, definition: JobDefinition | undefined, deps: Deps): Promise<RunEnd> => {
  const { job, controller } = run;
  const contract = jobContracts.get(job.type);
  if (!definition || !contract) {
    const unknown = new Error(`No handler of ${job.type} runs here; a newer version may have one`);
    unknown.name = "UnknownJobType";
    return failed(run, undefined, unknown, deps);
  }
  const timeoutMs = definition.timeoutMs ?? jobDefaults.timeoutMs;
  const timer = setTimeout(() => controller.abort(timedOut(timeoutMs)), timeoutMs);
  try {
    const input = checked(contract.input, job);
    // It was cancelled or lost while it waited here for a slot: nothing of it may begin.
    if (controller.reason) return ended(run, definition, undefined, deps);
    const waitMs = await turnOf(definition, input, job, deps);
    if (waitMs > 0) return { ...givenBack(run, waitMs), turnedAway: true };
    const end = await handled(Promise.resolve(definition.handler(input as never, viewOf(run, deps))), controller);
    if (end !== "left behind") return ended(run, definition, end.thrown, deps);
    deps.log.warn({ jobId: job.id, type: job.type }, "The handler ignores its signal and is left behind");
    return ended(run, definition, undefined, deps);
  } catch (error) {
    return ended(run, definition, error, deps);
  } finally {
    clearTimeout(timer);
  }
};

/** Milliseconds until the job's turn; 0 when it may run. */
const turnOf = async ({ rateLimit }: JobDefinition, input: unknown, job: ClaimedJob, deps: Deps): Promise<number> => {
  if (!rateLimit) return 0;
  const key = rateLimit.key?.(input as never) ?? "all";
  return takeTurn(deps.redis, { type: job.type, key, jobId: job.id }, rateLimit);
};

/** An input that does not fit the contract never will: it fails at once, without its content in the error. */
const checked = (schema: Parameters<typeof validate>[0], job: ClaimedJob): unknown => {
  try {
    return validate(schema, job.input, `The job ${job.type}`);
  } catch (error) {
    const paths = (error as { data?: { errors?: readonly { path: string }[] } }).data?.errors?.map(({ path }) => path);
    throw new Unrecoverable(`The input does not fit the contract of ${job.type}: ${paths?.join(", ") || "as a whole"}`);
  }
};
