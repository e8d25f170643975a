// Moves due jobs and events from Postgres to their streams: at a commit in this process at once, otherwise within a
// second. One per process, any number of processes. Losing a relay, a signal or Redis costs time, never a job or an event.
import type { Redis } from "ioredis";
import type { Log } from "../broker/deps.ts";
import { countMetric } from "../broker/metrics.ts";
import { type Db, isConnectionLost } from "../db/knex.ts";
import { publishEvents, publishJobs, readEpoch, streamKeys } from "../streams/publish.ts";
import { createQuietLog } from "../streams/quiet-log.ts";
import { redisMemory } from "../streams/redis-memory.ts";
import { createAlarm } from "./alarm.ts";
import { offerCarrier } from "./carry.ts";
import { collectDeadLetters } from "./collect-letters.ts";
import {
  confirmEvents,
  type DueJob,
  lookAhead,
  type Outlook,
  takeDueJobs,
  takeEvents,
  untakeEvents,
  untakeJobs,
} from "./due.ts";
import { unparkJobs } from "./holds.ts";
import { expireLeases } from "./lease.ts";
import { createPump } from "./pump.ts";
import { missingAfterMs, recoverEpoch, resetMissing } from "./republish.ts";
import { allJobStreams } from "./streams-of.ts";
import { onWork } from "./wake.ts";

export interface RelayOptions {
  readonly db: Db;
  /** For short commands; may be shared. */
  readonly redis: Redis;
  readonly log: Log;
  readonly leaseMs: number;
  /** Milliseconds between two sweeps (default 1,000; up to a fifth less by chance, so that processes spread). */
  readonly sweepMs?: number;
  /** Milliseconds between two looks for jobs whose entry is gone, and the age from which one counts as gone. */
  readonly missingMs?: number;
  /** How long after a change of holds parked jobs are looked through, in ms (default 30,000). */
  readonly unparkMs?: number;
}

export interface Relay {
  start(): void;
  /** Publishes nothing more; what is in hand is finished, or handed to the other relays. */
  stop(): Promise<void>;
  /** How long ago it last looked through Postgres, in ms. */
  silentMs(): number;
  /** One sweep now: due work, ended leases, and the state of Redis. Rejects when Postgres is away. */
  sweep(): Promise<void>;
}

const batchSize = 1_000;
/** Share of Redis's memory from which on little is published, and how little per look. */
const nearlyFull = 0.95;
const trickle = 50;
/** More jobs than this that wait to be carried to their streams mean that Redis is slow: no further ones are taken. */
const longestLine = 20_000;
/** Least time between two looks, in ms, when many jobs come due one after the other. */
const leastMs = 5;
/** An event in the hand of a relay that died is taken by another after this, in ms. */
const holdMs = 10_000;

/** A relay that does nothing before `start`. */
export const createRelay = ({
  db,
  redis,
  log,
  leaseMs,
  sweepMs = 1_000,
  missingMs = missingAfterMs,
  unparkMs = 30_000,
}: RelayOptions): Relay => {
  const quiet = createQuietLog(log, { part: "relay" });
  const streams = allJobStreams();
  const stopping = new AbortController();
  const stopped = new Promise<"stopped">((resolve) => {
    stopping.signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  let checkAt = 0;
  let missingAt = performance.now() + missingMs * Math.random();
  /** Leases are left alone until then: after an outage of Postgres their owners have the first word. */
  let leasesFrom = 0;
  /** How much goes to Redis at once: next to nothing while it is nearly full, so that what is there can drain. */
  let portion = batchSize;
  let knownHolds: string | null = null;
  let unparkUntil = performance.now() + unparkMs;
  let isUnparking = false;
  /** Whether an epoch was seen: what is published before one is written looks as if Redis had lost it. */
  let known = false;
  let forget = (): void => undefined;
  let lookedAt = performance.now();

  /** Redis may take for ever to answer, since commands outlive an outage: stopping does not wait for it. */
  const sent = async (sending: Promise<unknown>): Promise<boolean> => {
    sending.catch(() => undefined);
    return (await Promise.race([sending.then(() => "sent" as const), stopped])) === "sent";
  };

  /** Puts marked jobs into their streams, or takes their marks back. Rejects when they did not all get there. */
  const publishMarked = async (due: readonly DueJob[]): Promise<void> => {
    const pointers = due.map((job) => ({
      stream: streamKeys.jobs(job.group, job.queue, job.lane),
      jobId: job.id,
      type: job.type,
    }));
    const ids = due.map(({ id }) => id);
    try {
      if (redis.status === "ready" && (await sent(publishJobs(redis, pointers))))
        countMetric("lc_relay_published_total", { kind: "jobs" }, ids.length);
      else await untakeJobs(db, ids);
    } catch (error) {
      await untakeJobs(db, ids);
      throw error;
    }
    quiet.recovered("Publishing jobs");
  };

  const mayPublish = () => known && redis.status === "ready";

  const jobs = createPump(
    async () => {
      if (!mayPublish()) return false;
      const most = portion;
      const { jobs: due, taken } = await takeDueJobs(db, most);
      if (due.length > 0) await publishMarked(due);
      return taken >= most && (due.length === 0 || most === batchSize);
    },
    (error) => notPublished("jobs", error),
  );

  /** Jobs that were enqueued here as published. Those whose mark could not be taken back are found by republish.ts. */
  let line: DueJob[] = [];
  const carried = createPump(
    async () => {
      const due = line.splice(0, batchSize);
      if (due.length > 0) await publishMarked(due);
      return line.length > 0;
    },
    (error) => notPublished("jobs", error),
  );

  const events = createPump(
    async () => {
      if (!mayPublish()) return false;
      const most = portion;
      const due = await takeEvents(db, most, holdMs);
      if (due.length === 0) return false;
      const ids = due.map(({ rowId }) => rowId);
      const entries = due.map(({ entry }) => entry);
      try {
        if (await sent(publishEvents(redis, entries))) {
          await confirmEvents(db, ids);
          countMetric("lc_relay_published_total", { kind: "events" }, ids.length);
        } else await untakeEvents(db, ids);
      } catch (error) {
        await untakeEvents(db, ids);
        throw error;
      }
      quiet.recovered("Publishing events");
      return due.length >= most && most === batchSize;
    },
    (error) => notPublished("events", error),
  );

  const notPublished = (kind: "jobs" | "events", error: unknown) => {
    countMetric("lc_relay_failures_total", { kind });
    failing(`Publishing ${kind}`, error);
  };

  const failing = (what: string, error: unknown) => {
    if (isConnectionLost(error)) leasesFrom = performance.now() + leaseMs;
    quiet.failing(what, error);
  };

  const checkRedis = async (): Promise<void> => {
    if (performance.now() < checkAt) return;
    checkAt = performance.now() + sweepMs / 2;
    const { share } = await redisMemory(redis);
    portion = share < nearlyFull ? batchSize : trickle;
    if (portion === trickle)
      quiet.failing("Publishing at full speed", new Error(`Redis uses ${Math.round(share * 100)} % of its maxmemory`));
    else quiet.recovered("Publishing at full speed");
    const recovery = await recoverEpoch(db, redis, streams);
    known ||= recovery !== undefined || (await readEpoch(redis)) !== null;
    if (!known) checkAt = 0;
    if (recovery && recovery.jobs + recovery.events > 0)
      log.warn({ ...recovery }, "Redis lost its state or part of it: what is not confirmed is published again");
    if (performance.now() < missingAt) return;
    missingAt = performance.now() + missingMs * (0.8 + Math.random() * 0.2);
    await collectDeadLetters(db, redis).catch((error: unknown) => quiet.failing("Collecting dead letters", error));
    const missing = await resetMissing(db, redis, streams, missingMs);
    if (missing > 0) log.warn({ missing }, "Jobs were missing from their streams and are published again");
  };

  const expire = async (): Promise<void> => {
    for (let more = true; more; ) {
      const { failed, again } = await expireLeases(db, batchSize);
      if (failed + again > 0) log.warn({ failed, again }, "Workers died with these jobs");
      more = failed + again >= batchSize;
    }
  };

  /**
   * Brings parked jobs back that nothing holds any more; true when there were some. Looked at while nothing is held, for
   * a while after a hold was lifted (a statement that began before may park a job after), and until none is found.
   */
  const unpark = async ({ parked, holds }: Outlook): Promise<boolean> => {
    if (holds !== knownHolds) {
      knownHolds = holds;
      unparkUntil = performance.now() + unparkMs;
    }
    if (!parked || (holds !== null && !isUnparking && performance.now() > unparkUntil)) return false;
    isUnparking = (await unparkJobs(db, batchSize)) > 0;
    return isUnparking;
  };

  /** Returns the milliseconds until the next look. */
  const look = async (): Promise<number> => {
    if (redis.status === "ready") await Promise.race([checkRedis(), stopped]);
    let outlook = await lookAhead(db);
    if (outlook.expired && performance.now() >= leasesFrom) {
      await expire();
      outlook = await lookAhead(db);
    }
    if (await unpark(outlook)) outlook = { ...outlook, due: true, nextJobMs: 0 };
    const { nextJobMs } = outlook;
    if (outlook.due) jobs.run();
    if (outlook.events) events.run();
    quiet.recovered("Sweeping");
    lookedAt = performance.now();
    // Another process is about to write the first epoch.
    const regular = (known || redis.status !== "ready" ? sweepMs : sweepMs / 10) * (0.8 + Math.random() * 0.2);
    return nextJobMs === null ? regular : Math.min(regular, Math.max(leastMs, Math.ceil(nextJobMs)));
  };

  const alarm = createAlarm(async () => {
    try {
      return await look();
    } catch (error) {
      failing("Sweeping", error);
      return sweepMs;
    }
  });

  /** Leaves what is still in line to the other relays. */
  const giveBack = async (): Promise<void> => {
    const left = line;
    line = [];
    if (left.length === 0) return;
    await untakeJobs(
      db,
      left.map(({ id }) => id),
    ).catch((error: unknown) => failing("Leaving jobs to other processes", error));
  };

  /** Redis is there, perhaps again: whatever waited for it is looked at now. */
  const isBack = () => {
    checkAt = 0;
    alarm.within(0);
  };

  return {
    start() {
      const forgetWork = onWork((work, inMs) => {
        if (work === "events") events.run();
        else if (inMs < 1) jobs.run();
        else alarm.within(Math.ceil(inMs));
      });
      const forgetCarrier = offerCarrier({
        isOpen: () => mayPublish() && portion === batchSize && line.length < longestLine && !stopping.signal.aborted,
        carry(added) {
          for (const job of added) line.push(job);
          if (stopping.signal.aborted) void giveBack();
          else carried.run();
        },
      });
      forget = () => {
        forgetWork();
        forgetCarrier();
      };
      redis.on("ready", isBack);
      alarm.start();
    },
    async stop() {
      stopping.abort();
      forget();
      redis.off("ready", isBack);
      alarm.stop();
      await Promise.all([jobs.stop(5_000), events.stop(5_000), carried.stop(5_000)]);
      await giveBack();
    },
    silentMs: () => Math.round(performance.now() - lookedAt),
    async sweep() {
      await look();
    },
  };
};
