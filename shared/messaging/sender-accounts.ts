// Sender accounts as the pipeline needs them: the default of a channel, or one by its id.
import { fail } from "../contracts/errors.ts";
import { query, type Sql, type Trx } from "../db/knex.ts";
import type { SenderAccount } from "./dispatches.ts";

export interface SenderFacts {
  readonly id: string;
  readonly fromAddress: string;
  readonly postalAddress: string | null;
  readonly ratePerSecond: number | null;
  readonly dailyLimit: number | null;
  readonly isPlaceholder: boolean;
}

/** The default sender account of a channel, or undefined. */
export const defaultSender = async (sql: Sql, channel: string): Promise<SenderFacts | undefined> =>
  (
    await query<SenderFacts>(
      sql,
      `select id, from_address as "fromAddress", postal_address as "postalAddress", rate_per_second as "ratePerSecond",
       daily_limit as "dailyLimit", is_placeholder as "isPlaceholder"
     from messaging.sender_accounts where channel = ? and is_default`,
      [channel],
    )
  )[0];

/** What one account sends as, or undefined. */
export const senderAccount = async (sql: Sql, id: string): Promise<SenderAccount | undefined> =>
  (
    await query<SenderAccount>(
      sql,
      `select id, from_name as "fromName", from_address as "fromAddress", reply_to as "replyTo", postal_address as "postalAddress",
       rate_per_second as "ratePerSecond", daily_limit as "dailyLimit" from messaging.sender_accounts where id = ?`,
      [id],
    )
  )[0];

/** Makes one account the default of its channel. Throws SENDER_ACCOUNT_NOT_FOUND. */
export const makeDefaultSender = async (trx: Trx, id: string): Promise<void> => {
  const [account] = await query<{ channel: string }>(
    trx,
    "select channel from messaging.sender_accounts where id = ? for update",
    [id],
  );
  if (!account) throw fail("SENDER_ACCOUNT_NOT_FOUND", `No sender account has the id ${id}.`);
  // First the old one: a unique index allows one default at any moment.
  await query(trx, "update messaging.sender_accounts set is_default = false where channel = ? and is_default", [
    account.channel,
  ]);
  await query(trx, "update messaging.sender_accounts set is_default = true, updated_at = now() where id = ?", [id]);
};
