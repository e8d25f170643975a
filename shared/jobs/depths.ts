// How many live jobs there are of each type, and how long the longest has waited;
// and the same of events on their way to Redis.
import { type Db, query } from "../db/knex.ts";

export interface TypeDepth {
  readonly type: string;
  readonly queue: string;
  readonly scheduled: number;
  readonly queued: number;
  readonly running: number;
  readonly oldestDueAt: Date | null;
}

/** Live jobs by type; types without any are absent. Reads every live job once. */
export const depthsByType = (db: Db): Promise<TypeDepth[]> =>
  query<TypeDepth>(
    db,
    `select type, queue,
       (count(*) filter (where state = 'scheduled' and run_at > now()))::int as scheduled,
       (count(*) filter (where state = 'queued' or (state = 'scheduled' and run_at <= now())))::int as queued,
       (count(*) filter (where state = 'running'))::int as running,
       min(run_at) filter (where state <> 'running' and run_at <= now()) as "oldestDueAt"
     from jobs.jobs group by type, queue`,
  );

const mostCounted = 10_000;

/** Events that are not in Redis yet, counted up to 10,000, and the seconds that the oldest has waited. */
export const outboxLag = async (db: Db): Promise<{ readonly events: number; readonly oldestSeconds: number }> => {
  const [row] = await query<{ events: number; oldestSeconds: number }>(
    db,
    `select count(*)::int as events,
       coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as "oldestSeconds"
     from (select created_at from jobs.outbox where published_at is null order by id limit ${mostCounted}) open`,
  );
  return { events: row?.events ?? 0, oldestSeconds: Math.max(0, row?.oldestSeconds ?? 0) };
};
