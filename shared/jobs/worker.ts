// The worker of one deployment group in this process: claims what the streams offer, runs it in slots, renews leases,
// writes outcomes. At least once: a job whose worker dies runs again when its lease ends. Fenced: only the outcome of
// the current attempt counts.
import { note } from "../broker/debug-log.ts";
import type { Deps } from "../broker/deps.ts";
import { ofRequest } from "../broker/origin.ts";
import { traced } from "../broker/tracing.ts";
import type { JobsVital } from "../broker/vitals.ts";
import { type Db, isAnswerLost } from "../db/knex.ts";
import { pauseFor, settledWithin } from "../streams/backoff.ts";
import type { GroupReader, JobEntry } from "../streams/group-reader.ts";
import { type Lane, streamKeys } from "../streams/stream-keys.ts";
import { type ClaimedJob, claimJobs, stillClaimable } from "./claim.ts";
import type { JobDefinition } from "./define.ts";
import { renewLeases } from "./lease.ts";
import { createOutcomes } from "./outcomes.ts";
import { crowdDelay, jobDefaults, unknownTypeOptions } from "./retry-policy.ts";
import { leaseLost, RunAborted } from "./run-abort.ts";
import {
  type ActiveRun,
  givenBack,
  logOf,
  longestRunning,
  perform,
  perhapsClaimed,
  type RunEnd,
  startRun,
} from "./running.ts";
import { createSlots } from "./slots.ts";
import { type EndedRun, endOf } from "./stats.ts";
import { ownQueues } from "./streams-of.ts";

/** The part of the group's reader that feeds a worker. */
export type JobSource = Pick<GroupReader, "consumeJobs" | "wake" | "pause" | "resume">;

export interface WorkerOptions {
  readonly group: string;
  readonly definitions: readonly JobDefinition[];
  readonly deps: Deps;
  /** Pool of the job layer: handlers that use up theirs must not cost a lease. */
  readonly db: Db;
  readonly source: JobSource;
  readonly leaseMs: number;
  /** Runs at once (default 50). */
  readonly slots?: number;
  /** Slots that only the lane `high` may use (default a fifth). */
  readonly reserved?: number;
  /** Hears the ids whose outcome was written and counted. */
  readonly written?: (ids: readonly string[]) => void;
  /** Hears of each run that ended here, for figures. */
  readonly ran?: (run: EndedRun) => void;
}

export interface Worker {
  start(): void;
  /**
   * Claims nothing more, gives back what has not begun, lets the rest run for `drainMs`, then aborts their signals and
   * gives them back too. Resolves within about `drainMs` + 6 s with everything written, as far as Postgres answers.
   */
  stop(drainMs: number): Promise<void>;
  /** True: claims nothing more and gives back what has not begun; what runs goes on. False: claims again. */
  drain(draining: boolean): void;
  vital(): JobsVital;
  status(): { readonly running: number; readonly waiting: number; readonly unwritten: number };
}

/** How long aborted handlers get to obey at a stop, in ms, and how long the last outcomes may take. */
const obeyMs = 2_000;
const writeMs = 4_000;
/** Progress and logs are written this often, in ms, and what waits too long is given back. */
const tickMs = 500;

interface Wanted {
  readonly id: string;
  readonly type: string;
  readonly maxAttempts: number;
}

/** A worker that claims nothing before `start`. */
export const createWorker = (options: WorkerOptions): Worker => {
  const { group, deps, db, source, leaseMs } = options;
  const { clock, log } = deps;
  const definitions = new Map<string, JobDefinition>(
    options.definitions.map((definition) => [definition.name, definition]),
  );
  const outcomes = createOutcomes(db, log, options.written);
  /** Everything that is claimed and has no outcome yet, by job id. */
  const active = new Map<string, ActiveRun>();
  const performing = new Set<Promise<void>>();
  const claiming = new Set<Promise<unknown>>();
  let stopping = false;
  let draining = false;
  let ticker: NodeJS.Timeout | undefined;
  let renewing = false;
  let cancelEpoch: string | null = null;

  const giveBack = (run: ActiveRun, delayMs = 0) => {
    if (active.get(run.job.id) === run) active.delete(run.job.id);
    outcomes.add(givenBack(run, delayMs));
  };

  const begin = (run: ActiveRun) => {
    const startedAt = clock.monotonic();
    run.begunAt = startedAt;
    const { id, type, attempt, trace, requestId } = run.job;
    const settle = (end: RunEnd) => {
      const tookMs = clock.monotonic() - startedAt;
      performing.delete(work);
      // Left out when the stop gave it back already.
      if (active.get(id) === run) {
        active.delete(id);
        outcomes.add(end);
      }
      const waitMs = run.job.dueMs + startedAt - run.claimedAt;
      options.ran?.({ type: end.type, end: endOf(end), waitMs, runMs: tookMs });
      const fields = { group, jobId: id, type, attempt, ms: Math.round(tookMs), outcome: end.kind };
      note("job", type, { id, ms: tookMs, result: end.kind });
      if (end.error) log.warn({ ...fields, error: end.error.message, class: end.error.class }, "job failed");
      else if (end.turnedAway) log.debug(fields, "job waits for its turn");
      else log.info(fields, "job ran");
      slots.ended(slotted(run), tookMs);
      source.wake();
    };
    const attributes = { "lc.job.id": id, "lc.job.type": type, "lc.job.attempt": attempt, "lc.group": group };
    const work = ofRequest(requestId ?? undefined, () =>
      traced(`job ${type}`, { kind: "consumer", parent: { traceparent: trace }, attributes }, async (span) => {
        const end = await perform(run, definitions.get(type), deps);
        span.set({ "lc.job.outcome": end.kind });
        if (end.error) span.failed({ type: end.error.class });
        settle(end);
      }),
    );
    performing.add(work);
  };

  const slotted = (run: ActiveRun) => ({ type: run.job.type, lane: run.job.lane, run });
  const slots = createSlots<ReturnType<typeof slotted>>({
    slots: options.slots ?? 50,
    reserved: options.reserved ?? Math.floor((options.slots ?? 50) / 5),
    limitOf: (type) => definitions.get(type)?.concurrency,
    now: clock.monotonic,
    begin: ({ run }) => begin(run),
    giveBack: ({ run }, crowd) => giveBack(run, crowd === 0 ? 0 : crowdDelay(crowd)),
  });

  const accept = (jobs: readonly ClaimedJob[]) => {
    const runs = jobs.map((job) => startRun(job, clock.monotonic()));
    for (const run of runs) {
      // Its lease ended here unnoticed and it came back: the older attempt has to stop.
      active.get(run.job.id)?.controller.abort(leaseLost());
      active.set(run.job.id, run);
    }
    if (stopping || draining) for (const run of runs) giveBack(run);
    else slots.take(runs.map(slotted));
  };

  const claim = async (wanted: readonly Wanted[]): Promise<string[]> => {
    const attemptId = deps.id();
    const jobs = await claimJobs(db, { worker: deps.node, attemptId, leaseMs, jobs: wanted }).catch(
      (error: unknown) => {
        // Claimed for nobody they would wait for the end of their lease, and their attempt would be gone.
        if (isAnswerLost(error)) for (const { id, type } of wanted) outcomes.add(perhapsClaimed(id, type, attemptId));
        throw error;
      },
    );
    accept(jobs);
    if (jobs.length === wanted.length) return [];
    const got = new Set(jobs.map(({ id }) => id));
    return stillClaimable(
      db,
      wanted.flatMap(({ id }) => (got.has(id) ? [] : [id])),
    );
  };

  /** Rows that another transaction had locked: tried for some seconds; after that the sweep finds them. */
  const claimLocked = async (wanted: readonly Wanted[]): Promise<void> => {
    let left = wanted;
    for (let waits = 1; left.length > 0 && waits <= 40 && !stopping; waits++) {
      await pauseFor(Math.min(10 * waits, 250));
      const ids = new Set(await claim(left).catch(() => left.map(({ id }) => id)));
      left = left.filter(({ id }) => ids.has(id));
    }
  };

  const onEntries = async (entries: readonly JobEntry[]): Promise<void> => {
    if (stopping) throw new Error("The worker is stopping");
    const attemptsOf = (type: string) => {
      const definition = definitions.get(type);
      return (definition ? definition.attempts : unknownTypeOptions.attempts) ?? jobDefaults.attempts;
    };
    const wanted = [
      ...new Map(
        entries.map(({ jobId, type }) => [jobId, { id: jobId, type, maxAttempts: attemptsOf(type) }]),
      ).values(),
    ];
    const work = claim(wanted);
    track(work);
    const locked = new Set(await work);
    if (locked.size > 0) track(claimLocked(wanted.filter(({ id }) => locked.has(id))));
  };

  const track = (work: Promise<unknown>) => {
    claiming.add(work);
    const done = () => claiming.delete(work);
    work.then(done, done);
  };

  const renew = async (all: boolean): Promise<void> => {
    const now = clock.monotonic();
    const due = [...active.values()].filter((run) => all || run.changed || now - run.renewedAt >= leaseMs / 3);
    if (due.length === 0) return;
    const renewals = due.map((run) => {
      const log = run.changed ? logOf(run) : undefined;
      run.changed = false;
      return { id: run.job.id, attemptId: run.job.attemptId, progress: run.progress, log };
    });
    const kept = await renewLeases(db, renewals, leaseMs).catch((error: unknown) => {
      for (const [index, run] of due.entries()) if (renewals[index]?.log !== undefined) run.changed = true;
      throw error;
    });
    for (const run of due) {
      if (kept.has(run.job.id)) run.renewedAt = now;
      else if (active.get(run.job.id) === run) {
        run.controller.abort(leaseLost());
      }
    }
  };

  /** True when running jobs were cancelled somewhere since the last look: a lease that is gone tells which. */
  const cancelsSeen = async (): Promise<boolean> => {
    if (active.size === 0 || deps.redis.status !== "ready") return false;
    const epoch = await Promise.race([
      deps.redis.get(streamKeys.cancelled).catch(() => cancelEpoch),
      pauseFor(tickMs).then(() => cancelEpoch),
    ]);
    const raised = epoch !== cancelEpoch;
    cancelEpoch = epoch;
    return raised;
  };

  const tick = () => {
    slots.tidy();
    if (renewing) return;
    renewing = true;
    cancelsSeen()
      .then(renew)
      .catch((error: unknown) => log.debug({ group, error: (error as Error).message }, "leases could not be renewed"))
      .finally(() => {
        renewing = false;
      });
  };

  const queues = ownQueues(group);
  const streamsOf = (lane: Lane) => queues.map((queue) => streamKeys.jobs(group, queue, lane));

  return {
    start() {
      ticker = setInterval(tick, Math.min(tickMs, Math.max(50, leaseMs / 6)));
      source.consumeJobs({
        streams: { high: streamsOf("high"), normal: streamsOf("normal"), low: streamsOf("low") },
        freeSlots: (lane) => (stopping || draining ? 0 : slots.free(lane)),
        onEntries,
      });
    },
    async stop(drainMs) {
      if (stopping) return;
      stopping = true;
      source.pause();
      for (const { run } of slots.clear()) giveBack(run);
      const until = clock.monotonic() + drainMs;
      await settledWithin(Promise.allSettled([...claiming]), drainMs);
      await settledWithin(Promise.allSettled([...performing]), until - clock.monotonic());
      const left = [...active.values()];
      for (const run of left)
        run.controller.abort(new RunAborted("stopping", "The process stops; the job goes to another"));
      if (left.length > 0) await settledWithin(Promise.allSettled([...performing]), obeyMs);
      for (const run of active.values()) giveBack(run);
      clearInterval(ticker);
      const unwritten = await outcomes.drain(writeMs);
      if (unwritten > 0)
        log.error({ group, unwritten }, "outcomes could not be written; leases decide about these jobs");
    },
    drain(wanted) {
      if (stopping || draining === wanted) return;
      draining = wanted;
      if (!draining) return source.resume();
      source.pause();
      for (const { run } of slots.clear()) giveBack(run);
    },
    vital: () => ({
      group,
      slots: slots.total,
      running: slots.running(),
      waiting: slots.waiting().length,
      unwritten: outcomes.size(),
      jobs: longestRunning(active.values(), clock.monotonic()),
    }),
    status: () => ({ running: slots.running(), waiting: slots.waiting().length, unwritten: outcomes.size() }),
  };
};
