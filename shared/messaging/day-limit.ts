// A sender account's limit per day, counted in Postgres: the row's lock makes it exact over all processes, and losing
// Redis changes nothing. A day is a calendar day in UTC, by the database's clock.
import { query, type Sql } from "../db/knex.ts";

export interface DayTokens {
  readonly granted: number;
  /** The day they were taken from (`2026-05-01`); they go back to the same. */
  readonly day: string;
}

/** Takes up to `wanted` of what is left of today's `limit`. Nothing is written once the day is used up. */
export const takeDayTokens = async (
  sql: Sql,
  accountId: string,
  limit: number,
  wanted: number,
): Promise<DayTokens | undefined> =>
  (
    await query<DayTokens>(
      sql,
      `insert into messaging.sender_days as d (account_id, day, taken, granted)
       values (?, (now() at time zone 'UTC')::date, least(?::int, ?::int), least(?::int, ?::int))
       on conflict (account_id, day) do update
         set granted = least(?::int - d.taken, ?::int), taken = d.taken + least(?::int - d.taken, ?::int)
         where d.taken < ?
       returning granted, day::text as day`,
      [accountId, limit, wanted, limit, wanted, limit, wanted, limit, wanted, limit],
    )
  )[0];

/** Gives back what was not handed over, or was not taken by the provider. */
export const returnDayTokens = async (sql: Sql, accountId: string, day: string, count: number): Promise<void> => {
  if (count <= 0) return;
  await query(
    sql,
    "update messaging.sender_days set taken = greatest(0, taken - ?) where account_id = ? and day = ?::date",
    [count, accountId, day],
  );
};
