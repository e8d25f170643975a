// One reader per deployment group and process: one blocking connection over all streams of the group, events and jobs.
// At least once: what it was given and did not finish stays pending, and goes to another consumer when this one is gone.
import type { Redis } from "ioredis";
import { settledWithin } from "./backoff.ts";
import { createBlockingRead } from "./blocking-read.ts";
import { createEventSlots, type EventSubscription } from "./event-slots.ts";
import { createJobLanes, type JobConsumption } from "./job-lanes.ts";
import { createLeases } from "./leases.ts";
import type { StreamLog } from "./quiet-log.ts";
import { createReaderContext, type ReaderLimits } from "./reader-context.ts";
import { removeIdleConsumer } from "./scripts.ts";
import { streamKeys } from "./stream-keys.ts";

export type { EventSubscription, ReceivedEvent } from "./event-slots.ts";
export type { JobConsumption, JobEntry } from "./job-lanes.ts";
export type { ReaderLimits } from "./reader-context.ts";

export interface GroupReader {
  readonly group: string;
  /** Adds a handler of an event type. Several handlers of one type all have to succeed. */
  subscribe(subscription: EventSubscription): void;
  /**
   * Ends the handler, and the reading of its event family in this process. Waits `deadlineMs` for running handlers,
   * then aborts their signals.
   */
  unsubscribe(subscription: EventSubscription, deadlineMs: number): Promise<void>;
  /** Events are read from now on; call it when every handler of the process is subscribed and its service started. */
  openEvents(): void;
  /** Jobs are read from now on. */
  consumeJobs(consumption: JobConsumption): void;
  /** Free slots of the job layer changed: a blocked read that masks a lane notices at once. */
  wake(): void;
  /** No more jobs are read until `resume`; events go on. */
  pause(): void;
  resume(): void;
  /**
   * Reads nothing more, drains handlers and claims until the deadline, aborts what still runs, flushes the
   * acknowledgements, hands over what did not start, and removes its consumers when nothing is pending for them.
   * Further calls return the same promise.
   */
  stop(deadlineMs: number): Promise<void>;
}

export interface GroupReaderOptions {
  readonly group: string;
  /** Unique per process: the node id. A process that comes back under the same name takes up what it left. */
  readonly consumer: string;
  /** Client for short commands, shared with others; stays open. */
  readonly redis: Redis;
  /** Opens the reader's own connection, from `readerConnection`. */
  readonly connect: () => Redis;
  readonly limits?: Partial<ReaderLimits>;
  readonly log?: StreamLog;
}

/** What the blocking connection needs beyond `connectRedis`'s options: a lost read must not be sent again unseen. */
export const readerConnection = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false } as const;

/** A reader that reads nothing yet; it connects with the first call of `openEvents` or `consumeJobs`. */
export const createGroupReader = (given: GroupReaderOptions): GroupReader => {
  const { group, consumer, redis, limits, log } = given;
  const context = createReaderContext({
    redis,
    group,
    consumer,
    ...(limits ? { limits } : {}),
    ...(log ? { log } : {}),
    wake: () => reading.wake(),
    changed: () => reading.changed(),
  });
  const events = createEventSlots(context);
  const jobs = createJobLanes(context);
  const sources = [jobs, events];
  /** Streams of events that it ever read: at a stop their handlers are gone already. */
  const eventStreams = new Set<string>();
  const leases = createLeases(context, sources);
  const reading = createBlockingRead({ context, sources, connect: given.connect, adopt: leases.adopt });
  let stopped: Promise<void> | undefined;

  const begin = () => {
    reading.start();
    leases.start();
  };

  const stop = async (deadlineMs: number): Promise<void> => {
    const until = performance.now() + deadlineMs;
    const left = () => Math.max(0, until - performance.now());
    const streams = [...jobs.streams(), ...eventStreams];
    jobs.pause();
    await Promise.all([reading.stop(), events.stop(deadlineMs), jobs.stop(deadlineMs)]);
    await leases.stop();
    // Redis may be away: what cannot be acknowledged in a moment stays pending and is delivered again.
    await context.close(Math.min(3_000, Math.max(1_000, left())));
    const removed = streams.map((stream) => removeIdleConsumer(redis, { stream, group, consumer }));
    await settledWithin(Promise.allSettled(removed), 1_000);
  };

  return {
    group,
    subscribe(subscription) {
      eventStreams.add(streamKeys.eventOf(subscription.type));
      events.subscribe(subscription);
    },
    unsubscribe: events.unsubscribe,
    openEvents() {
      begin();
      events.open();
    },
    consumeJobs(consumption) {
      begin();
      jobs.consume(consumption);
    },
    wake: () => reading.wake(),
    pause: jobs.pause,
    resume: jobs.resume,
    stop(deadlineMs) {
      stopped ??= stop(deadlineMs);
      return stopped;
    },
  };
};
