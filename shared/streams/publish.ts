// Writing to the streams: pipelined XADDs for the outbox relay, and the epoch that tells when Redis lost its state.
// A resolved promise means Redis took every entry; a rejected one that some may be missing: publish the batch again,
// consumers are idempotent by event id and job id.
import type { ChainableCommander, Redis } from "ioredis";
import { type EventEntry, eventFields } from "./stream-entry.ts";
import { streamKeys } from "./stream-keys.ts";

export { type Lane, lanes, streamKeys } from "./stream-keys.ts";

export interface JobPointer {
  /** From `streamKeys.jobs(group, queue, lane)`. */
  readonly stream: string;
  readonly jobId: string;
  readonly type: string;
}

const sendAll = async (pipeline: ChainableCommander, count: number): Promise<string[]> => {
  const replies = (await pipeline.exec()) ?? [];
  const ids: string[] = [];
  for (const [error, id] of replies) {
    if (error) throw error;
    ids.push(String(id));
  }
  if (ids.length !== count) throw new Error(`Redis answered ${ids.length} of ${count} entries`);
  return ids;
};

/** Adds events to the streams of their families, in order; returns the entry ids. Throws when Redis refused one. */
export const publishEvents = async (redis: Redis, events: readonly EventEntry[]): Promise<string[]> => {
  if (events.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const event of events) pipeline.xadd(streamKeys.eventOf(event.type), "*", ...eventFields(event));
  return sendAll(pipeline, events.length);
};

/** Adds pointers to jobs to their streams, in order; returns the entry ids. Throws when Redis refused one. */
export const publishJobs = async (redis: Redis, jobs: readonly JobPointer[]): Promise<string[]> => {
  if (jobs.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const job of jobs) pipeline.xadd(job.stream, "*", "id", job.jobId, "type", job.type);
  return sendAll(pipeline, jobs.length);
};

/** The epoch that was written last, or null when Redis lost its state (or never had one): publish again then. */
export const readEpoch = (redis: Redis): Promise<string | null> => redis.get(streamKeys.epoch);

/** Marks Redis's state as complete: call it after everything unconfirmed was published again. */
export const writeEpoch = async (redis: Redis, epoch: string): Promise<void> => {
  await redis.set(streamKeys.epoch, epoch);
};
