// Takes a person out of the inbox of callbacks: bodies name addresses, so what concerns the person goes.
import { query, type Trx } from "../db/knex.ts";

/**
 * Empties every stored callback and report mail that names one of the addresses or is about one of the messages. What
 * was still waiting to be applied becomes `ignored`. Returns how many were emptied. Reads the whole inbox (30 days).
 */
export const eraseWebhooks = async (
  trx: Trx,
  addresses: readonly string[],
  messageIds: readonly string[],
): Promise<number> => {
  const rows = await query(
    trx,
    // Bytes above ASCII are written as octal numbers on both sides, so any encoding is compared as it stands.
    `update messaging.webhook_inbox w set body = null, headers = '{}', error = 'erased',
       state = case when state = 'received' then 'ignored' else state end, processed_at = coalesce(processed_at, now())
     where body is not null and (
       message_ids && ?::uuid[]
       or exists (select 1 from unnest(?::text[]) as named(word)
         where strpos(lower(encode(w.body, 'escape')), lower(encode(convert_to(word, 'UTF8'), 'escape'))) > 0))
     returning 1`,
    [[...messageIds], [...addresses, ...messageIds].filter((word) => word !== "")],
  );
  return rows.length;
};
