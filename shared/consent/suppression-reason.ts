// Why one address is suppressed.
import { query, type Sql } from "../db/knex.ts";
import { spellingsOf } from "./erased-addresses.ts";

/** The reason an address is suppressed for, or undefined. */
export const suppressionOf = async (sql: Sql, channel: string, address: string): Promise<string | undefined> =>
  (
    await query<{ reason: string }>(
      sql,
      "select reason from consent.suppressions where channel = ? and address = any(?)",
      [channel, [...spellingsOf(address)]],
    )
  )[0]?.reason;
