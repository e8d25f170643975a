// Cancels live jobs, also running ones: the job ends in the history as cancelled at once, its worker hears it within a
// second and aborts the run's signal, and whatever that run still answers does not count (fencing).
import type { Redis } from "ioredis";
import { query, type Sql } from "../db/knex.ts";
import { streamKeys } from "../streams/stream-keys.ts";

/** What was cancelled, and whether it was running then. */
export interface CancelledJob {
  readonly id: string;
  readonly wasRunning: boolean;
}

const cancelSql = `
  with gone as (
    delete from jobs.jobs where id = any(?::uuid[]) returning *
  ), kept as (
    insert into jobs.history (id, type, group_name, queue, lane, state, input, unique_key, tags, entity, attempts,
      max_attempts, run_at, worker, progress, errors, log, created_at, started_at, finished_at, trace,
      request_id)
    select id, type, group_name, queue, lane, 'cancelled', input, unique_key, tags, entity, attempts, max_attempts,
      run_at, worker, progress, errors, log, created_at, started_at, now(), trace, request_id
    from gone
  )
  select id, state = 'running' as "wasRunning" from gone`;

/** Tells workers, after the commit, that running jobs were cancelled. Losing it costs a third of a lease. */
export const announceCancelled = async (redis: Redis): Promise<void> => {
  await redis.incr(streamKeys.cancelled);
};

/** Cancels those of these jobs that are live; the others are left out of the answer. */
export const cancelJobs = (sql: Sql, ids: readonly string[]): Promise<CancelledJob[]> =>
  ids.length === 0 ? Promise.resolve([]) : query<CancelledJob>(sql, cancelSql, [[...ids]]);
