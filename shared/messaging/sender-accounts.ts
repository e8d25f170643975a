// The sender account that a channel uses when none is chosen.
import { query, type Sql } from "../db/knex.ts";

export interface SenderFacts {
  readonly fromAddress: string;
  readonly postalAddress: string | null;
  readonly ratePerSecond: number | null;
  readonly isPlaceholder: boolean;
}

/** The default sender account of a channel, or undefined. */
export const defaultSender = async (sql: Sql, channel: string): Promise<SenderFacts | undefined> =>
  (
    await query<SenderFacts>(
      sql,
      `select from_address as "fromAddress", postal_address as "postalAddress", rate_per_second as "ratePerSecond", is_placeholder as "isPlaceholder"
     from messaging.sender_accounts where channel = ? and is_default`,
      [channel],
    )
  )[0];
