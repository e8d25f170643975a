// How many messages wait to be sent, counted no further than it matters.
import { query, type Sql } from "../db/knex.ts";

/** Queued messages, those for later and of paused campaigns included; at most `most`. */
export const queuedMessages = async (sql: Sql, most: number): Promise<number> => {
  const [row] = await query<{ n: number }>(
    sql,
    "select count(*)::int as n from (select from messaging.messages where phase = 0 limit ?) found",
    [most],
  );
  return row?.n ?? 0;
};
