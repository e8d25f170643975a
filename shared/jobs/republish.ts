// Finds what Redis lost and lets the relay publish it again. Publishing twice is harmless: jobs are claimed by
// compare-and-set, and consumers of events are idempotent by event id.
// Two signs: Redis is another one than the epoch says (restarted, failed over, emptied); or a job is missing from its
// stream, which is known because entries leave a stream from its old end.
import type { Redis } from "ioredis";
import type { Db, Sql } from "../db/knex.ts";
import { makeId } from "../lib/ids.ts";
import { readEpoch, streamKeys } from "../streams/publish.ts";
import type { JobStream } from "./streams-of.ts";

const batchSize = 2_000;
const recoveryKey = `${streamKeys.epoch}:recovery`;
const recoveryMs = 15_000;
/** A server that came back with its data may have lost its last moments: these many seconds are sent again. */
const restartSeconds = 120;

// The epoch is written only by the recovery that still holds the lock: a Redis that was lost during the recovery has
// no lock any more, and stays marked as lost.
const finishScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[1])
return 1`;

/** Names this life of this server: another one after a restart, a failover or a move. */
const runIdOf = async (redis: Redis): Promise<string> =>
  /^run_id:(\w+)/m.exec(await redis.info("server"))?.[1] ?? "unknown";

const repeat = async (step: () => Promise<number>, after: () => Promise<unknown>): Promise<number> => {
  let total = 0;
  for (;;) {
    const count = await step();
    total += count;
    if (count < batchSize) return total;
    await after();
  }
};

const count = async (db: Sql, sql: string, bindings: readonly (string | number)[]): Promise<number> => {
  const { rows } = await db.raw<{ rows: unknown[] }>(sql, [...bindings]);
  return rows.length;
};

const resetJobs = (db: Sql, stream: JobStream, before: string, after: string) =>
  count(
    db,
    `update jobs.jobs set published_at = null where id in (
       select id from jobs.jobs
       where group_name = ? and queue = ? and lane = ? and state = 'queued' and published_at is not null
         and published_at < ?::timestamptz and published_at > ?::timestamptz
       order by published_at limit ${batchSize} for update skip locked)
     returning 1`,
    [stream.group, stream.queue, stream.lane, before, after],
  );

const resetEvents = (db: Sql, before: string, after: string) =>
  count(
    db,
    `update jobs.outbox set published_at = null, claimed_until = null where id in (
       select id from jobs.outbox where published_at < ?::timestamptz and published_at > ?::timestamptz
       order by published_at limit ${batchSize} for update skip locked)
     returning 1`,
    [before, after],
  );

export interface Recovery {
  readonly why: "emptied" | "restarted";
  readonly jobs: number;
  readonly events: number;
}

/**
 * When Redis is not the one of the epoch: marks what is not confirmed as unpublished, and writes the epoch. One process
 * does it, under a lock in Redis. Returns what it did, or undefined when there was nothing to do or another is at it.
 */
export const recoverEpoch = async (
  db: Db,
  redis: Redis,
  streams: readonly JobStream[],
): Promise<Recovery | undefined> => {
  const [epoch, runId] = await Promise.all([readEpoch(redis), runIdOf(redis)]);
  if (epoch === runId) return undefined;
  const token = makeId();
  if ((await redis.set(recoveryKey, token, "PX", recoveryMs, "NX")) !== "OK") return undefined;
  // What is published from here on goes to the Redis that is there now.
  const { rows } = await db.raw<{ rows: { before: string; recent: string }[] }>(
    "select clock_timestamp()::text as before, (now() - ? * interval '1 second')::text as recent",
    [restartSeconds],
  );
  const { before, recent } = rows[0] as { before: string; recent: string };
  const after = epoch === null ? "-infinity" : recent;
  const extend = () => redis.pexpire(recoveryKey, recoveryMs);
  let jobs = 0;
  for (const stream of streams) jobs += await repeat(() => resetJobs(db, stream, before, after), extend);
  const events = await repeat(() => resetEvents(db, before, after), extend);
  const finished = await redis.eval(finishScript, 2, recoveryKey, streamKeys.epoch, token, runId);
  return finished === 1 ? { why: epoch === null ? "emptied" : "restarted", jobs, events } : undefined;
};

/** An entry that was sent and one that is read are compared by two clocks and a network: this much apart is normal. */
export const missingAfterMs = 10_000;

/**
 * Marks jobs as unpublished that were published longer ago than the oldest entry of their stream, by at least `slackMs`:
 * theirs is gone. Returns how many. Ages are taken on each server's own clock, so the two need not agree.
 */
export const resetMissing = async (
  db: Db,
  redis: Redis,
  streams: readonly JobStream[],
  slackMs = missingAfterMs,
): Promise<number> => {
  const pipeline = redis.pipeline();
  pipeline.time();
  for (const { key } of streams) pipeline.xrange(key, "-", "+", "COUNT", 1);
  const [time, ...fronts] = (await pipeline.exec()) ?? [];
  if (!time || time[0] || fronts.some(([error]) => error)) return 0;
  const [seconds, micros] = time[1] as [string, string];
  const now = Number(seconds) * 1000 + Number(micros) / 1000;
  let found = 0;
  const ages = fronts.map(([, entries]) => {
    const [first] = entries as [string, string[]][];
    return first ? Math.max(0, now - Number(first[0].split("-")[0])) : 0;
  });
  const values = streams.map((stream, index) => ({
    group: stream.group,
    queue: stream.queue,
    lane: stream.lane,
    age: (ages[index] ?? 0) + slackMs,
  }));
  found = await count(
    db,
    `update jobs.jobs set published_at = null where id in (
       select missing.id from json_to_recordset(?::json) as v ("group" text, queue text, lane text, age double precision)
       cross join lateral (
         select id from jobs.jobs
         where group_name = v."group" and queue = v.queue and lane = v.lane and state = 'queued'
           and published_at is not null and published_at < now() - v.age * interval '1 millisecond'
         order by published_at limit 1000 for update skip locked) missing)
     returning 1`,
    [JSON.stringify(values)],
  );
  return found;
};
