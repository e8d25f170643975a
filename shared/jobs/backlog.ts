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

/** Milliseconds since the oldest event that is not in Redis yet was written; 0 when there is none. */
export const oldestEventMs = async (sql: Sql): Promise<number> => {
  const [row] = await query<{ ms: number }>(
    sql,
    `select (extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as ms
     from jobs.outbox where published_at is null order by id limit 1`,
  );
  return row?.ms ?? 0;
};
