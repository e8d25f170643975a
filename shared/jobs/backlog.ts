// How much waits to be done, counted no further than it matters to somebody who asks for a limit.
import { query, type Sql } from "../db/knex.ts";

const upTo = async (sql: Sql, from: string, most: number): Promise<number> => {
  const [row] = await query<{ n: number }>(sql, `select count(*)::int as n from (select ${from} limit ?) found`, [
    most,
  ]);
  return row?.n ?? 0;
};

/** Live jobs that do not run yet, those for later included; at most `most`. */
export const waitingJobs = (sql: Sql, most: number): Promise<number> =>
  upTo(sql, "from jobs.jobs where state <> 'running'", most);

/** Events that are not in Redis yet; at most `most`. */
export const waitingEvents = (sql: Sql, most: number): Promise<number> =>
  upTo(sql, "from jobs.outbox where published_at is null", most);

// A replay keeps the moment of its event, so how long it waits is told by its row's id, which begins with a time in ms.
const writtenAt = `case when event_id is null then created_at
  else to_timestamp(('x0000' || left(replace(id::text, '-', ''), 12))::bit(64)::bigint / 1000.0) end`;

/** Seconds that the oldest event has waited to get into Redis; 0 when none waits. */
export const oldestEventSeconds = async (sql: Sql): Promise<number> => {
  const [row] = await query<{ seconds: number }>(
    sql,
    `select extract(epoch from clock_timestamp() - ${writtenAt})::float8 as seconds
     from jobs.outbox where published_at is null order by id limit 1`,
  );
  return Math.max(0, row?.seconds ?? 0);
};
