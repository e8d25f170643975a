// How the job layer is doing, for those who watch it several times a minute: what waits, what finished lately, what is
// late. The cost does not grow with the depth of the queues or the length of the history: each figure is read from the
// front of an index, and what finished from the pages of its last minutes.
import { jobContracts } from "../contracts/index.ts";
import { query, type Sql } from "../db/knex.ts";

export interface QueueMoves {
  readonly queue: string;
  /** Seconds that the oldest due job has waited that nothing holds; null when none waits. */
  readonly oldestSeconds: number | null;
  /** Seconds since a job that runs now began; null when none runs. */
  readonly begunSeconds: number | null;
}

const lanes = ["high", "normal", "low"];
const owners = (): string =>
  JSON.stringify([
    ...new Map([...jobContracts.values()].map(({ group, queue }) => [`${group} ${queue}`, { group, queue }])).values(),
  ]);

/** What waits and runs in each queue that has any of it. Of published jobs the first published counts as the oldest. */
export const queueMoves = (sql: Sql): Promise<QueueMoves[]> =>
  query<QueueMoves>(
    sql,
    `with waiting as (
       ${lanes
         .map(
           (lane) =>
             `(select queue, run_at as at from jobs.jobs
               where published_at is null and lane = '${lane}' and run_at <= now() and state <> 'running' order by run_at limit 500)`,
         )
         .join(" union all ")}
       union all
       select owner.queue, first.at from json_to_recordset(?::json) as owner ("group" text, queue text)
       cross join unnest(?::text[]) as lane
       cross join lateral (
         select j.run_at as at from jobs.jobs j
         where j.state = 'queued' and j.published_at < 'infinity' and j.group_name = owner."group" and j.queue = owner.queue
           and j.lane = lane
         order by j.published_at limit 1) first),
     oldest as (select queue, min(at) as at from waiting group by queue),
     running as (select queue, max(started_at) as at from jobs.jobs where state = 'running' and lease_until is not null group by queue)
     select queue, extract(epoch from now() - oldest.at)::float8 as "oldestSeconds",
       extract(epoch from now() - running.at)::float8 as "begunSeconds"
     from oldest full join running using (queue)`,
    [owners(), lanes],
  );

export interface TypeOutcomes {
  readonly type: string;
  readonly queue: string;
  readonly completed: number;
  readonly failed: number;
  /** Seconds since the last of them finished. */
  readonly lastSeconds: number;
}

/** What finished in the last so many minutes, by type; cancelled jobs are left out. */
export const outcomesSince = (sql: Sql, minutes: number): Promise<TypeOutcomes[]> =>
  query<TypeOutcomes>(
    sql,
    `select type, queue, (count(*) filter (where state = 'completed'))::int as completed,
       (count(*) filter (where state = 'failed'))::int as failed,
       extract(epoch from now() - max(finished_at))::float8 as "lastSeconds"
     from jobs.history where finished_at >= now() - ? * interval '1 minute' and state <> 'cancelled' group by type, queue`,
    [minutes],
  );

/** Seconds below which 95 of 100 jobs of a queue waited that finished in the last so many minutes. */
export const waitsSince = (sql: Sql, minutes: number): Promise<{ queue: string; seconds: number }[]> =>
  query(
    sql,
    `select queue, percentile_cont(0.95) within group (order by greatest(0, extract(epoch from started_at - run_at)::float8)) as seconds
     from jobs.history where finished_at >= now() - ? * interval '1 minute' and started_at is not null group by queue`,
    [minutes],
  );
