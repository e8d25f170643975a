// Upkeep of the schema jobs: history partitions ahead and away, and events of the outbox that every group has read.
// Until then a row of the outbox stays: it is what a lost Redis is filled from again.
import type { Redis } from "ioredis";
import type { Sql } from "../db/knex.ts";
import { readEpoch } from "../streams/publish.ts";
import { familyOf, streamKeys } from "../streams/stream-keys.ts";

/** Days of partitions that are there ahead of time: so long may the upkeep fail without harm. */
const daysAhead = 7;

/**
 * Makes the partitions of today and the next days, and drops those older than `keepDays`. Returns the names of what it
 * made and dropped. A day whose rows lie in the default partition already keeps them there, and they go by age too.
 */
export const maintainHistory = async (db: Sql, keepDays: number): Promise<{ made: string[]; dropped: string[] }> => {
  const { rows: partitions } = await db.raw<{ rows: { name: string }[] }>(
    "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'jobs.history'::regclass",
  );
  const present = new Set(partitions.map(({ name }) => name));
  const { rows: days } = await db.raw<{ rows: { day: string; name: string; taken: boolean }[] }>(
    `select d::text as day, to_char(d, '"history_"YYYY_MM_DD') as name,
       exists (select from jobs.history_default h
         where h.finished_at >= d::timestamp at time zone 'UTC' and h.finished_at < (d + 1)::timestamp at time zone 'UTC') as taken
     from (select (now() at time zone 'UTC')::date + n as d from generate_series(0, ?::int) n) ahead`,
    [daysAhead],
  );
  const missing = days.filter(({ name, taken }) => !taken && !present.has(name));
  for (const { day } of missing) await db.raw("select jobs.make_history_partition(?::date)", [day]);

  const { rows: limits } = await db.raw<{ rows: { oldest: string }[] }>(
    `select to_char((now() at time zone 'UTC')::date - ?::int, '"history_"YYYY_MM_DD') as oldest`,
    [keepDays],
  );
  const oldest = limits[0]?.oldest ?? "";
  const old = [...present].filter((name) => /^history_\d{4}_\d\d_\d\d$/.test(name) && name < oldest);
  for (const name of old) await db.raw("drop table jobs.??", [name]);
  await db.raw("delete from jobs.history_default where finished_at < now() - ? * interval '1 day'", [keepDays]);
  return { made: missing.map(({ name }) => name), dropped: old };
};

/** Milliseconds since the newest moment up to which every group has finished the stream; undefined when nothing is sure. */
const finishedAge = async (redis: Redis, stream: string, now: number): Promise<number | undefined> => {
  if ((await redis.exists(stream)) === 0) return undefined;
  const groups = (await redis.xinfo("GROUPS", stream)) as (string | number | null)[][];
  let age = 0;
  for (const info of groups) {
    const field = (name: string) => info[info.indexOf(name) + 1];
    const [pending, oldest] = (await redis.xpending(stream, String(field("name")))) as [number, string | null];
    const reached = pending > 0 ? oldest : field("lag") === 0 ? undefined : String(field("last-delivered-id"));
    if (reached) age = Math.max(age, now - Number(reached.split("-")[0]));
  }
  return age;
};

export interface PruneOptions {
  /** Events younger than this stay in any case: Redis may have lost the moment in which they were read. */
  readonly keepMs: number;
}

const batchSize = 5_000;
/** Between the mark in Postgres and the entry in Redis lies a network. */
const slackMs = 10_000;

/**
 * Deletes events that every listening group has finished, or that none listens to, once they are older than `keepMs`.
 * Does nothing while Redis is not in order. Returns how many went, and the families that hold theirs back for over a day.
 */
export const pruneOutbox = async (
  db: Sql,
  redis: Redis,
  { keepMs }: PruneOptions,
): Promise<{ deleted: number; behind: string[] }> => {
  const epoch = await readEpoch(redis);
  if (epoch === null) return { deleted: 0, behind: [] };
  const { rows: types } = await db.raw<{ rows: { type: string }[] }>(
    "select distinct type from jobs.outbox where published_at is not null",
  );
  const [seconds] = await redis.time();
  const now = Number(seconds) * 1_000;
  const ages = new Map<string, number>();
  const behind: string[] = [];
  for (const family of new Set(types.map(({ type }) => familyOf(type)))) {
    const age = await finishedAge(redis, streamKeys.eventOf(`${family}.any`), now);
    if (age === undefined) continue;
    if (age > 86_400_000) behind.push(family);
    ages.set(family, Math.max(age + slackMs, keepMs));
  }
  // Redis may have been emptied while it was asked: then its answers mean nothing.
  if ((await readEpoch(redis)) !== epoch) return { deleted: 0, behind: [] };
  let deleted = 0;
  for (const [family, age] of ages) {
    for (let more = true; more; ) {
      const { rows } = await db.raw<{ rows: unknown[] }>(
        `delete from jobs.outbox where id in (
           select id from jobs.outbox
           where published_at < now() - ? * interval '1 millisecond' and split_part(type, '.', 1) = ?
           order by published_at limit ${batchSize})
         returning 1`,
        [age, family],
      );
      deleted += rows.length;
      more = rows.length === batchSize;
    }
  }
  return { deleted, behind };
};
