// Why one address is suppressed.
import { query, type Sql } from "../db/knex.ts";
import { spellingsOf } from "./erased-addresses.ts";

export interface SuppressionState {
  readonly reason: string;
  /** The person said no, whatever else was found out about the address since. */
  readonly unsubscribed: boolean;
}

/** Why an address is suppressed, or undefined when it is not. */
export const suppressionOf = async (
  sql: Sql,
  channel: string,
  address: string,
): Promise<SuppressionState | undefined> =>
  (
    await query<SuppressionState>(
      sql,
      `select reason, unsubscribed or reason = 'unsubscribed' as unsubscribed from consent.suppressions
       where channel = ? and address = any(?)`,
      [channel, [...spellingsOf(address)]],
    )
  )[0];
