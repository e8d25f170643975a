// How many live jobs there are of each type, and how long the longest has waited.
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
