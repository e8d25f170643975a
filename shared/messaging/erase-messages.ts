// Takes a person out of the ledger and keeps its numbers: every row stays with its state and reason, without address,
// values and server's words. Keys stay unique under hashes, so that nothing is sent a second time.
import type { ErasedPerson } from "../consent/erase-consents.ts";
import { erasedAddress } from "../consent/erased-addresses.ts";
import { query, type Trx } from "../db/knex.ts";
import { redacted } from "../lib/person-words.ts";
import { isAbout } from "./about.ts";

/**
 * Messages of the person: by contact, to addresses that are the person's alone, and about the contact to somebody else.
 * Binds ids, addresses, ids.
 */
const mine = `select message_id from messaging.message_keys where contact_id = any(?::uuid[])
  union select message_id from messaging.message_keys where recipient = any(?::text[])
  union select m.id from messaging.messages m where ${isAbout}`;
const mineBindings = ({ contactIds, addresses }: Pick<ErasedPerson, "contactIds" | "addresses">) => [
  [...contactIds],
  [...new Set(addresses.map(({ address }) => address))],
  [...contactIds],
];

export interface Stopped {
  /** Campaigns of which messages were stopped. */
  readonly campaignIds: readonly string[];
  /** Messages that are being handed over right now. */
  readonly leaving: number;
}

/** Stops what has not left yet: `skipped` with reason `erased`. A sender that holds a claim finds it gone. */
export const stopMessages = async (
  trx: Trx,
  person: Pick<ErasedPerson, "contactIds" | "addresses">,
): Promise<Stopped> => {
  const stopped = await query<{ source: string; source_id: string }>(
    trx,
    `update messaging.messages m set state = 'skipped', reason = 'erased', attempt_id = null, lease_until = null, updated_at = now()
     from (${mine}) p where m.id = p.message_id and m.state in ('queued', 'claimed') returning m.source, m.source_id`,
    mineBindings(person),
  );
  const [leaving] = await query<{ n: number }>(
    trx,
    `select count(*)::int as n from messaging.messages m join (${mine}) p on m.id = p.message_id where m.state = 'handing_off'`,
    mineBindings(person),
  );
  const campaigns = stopped.filter(({ source }) => source === "campaign").map((row) => row.source_id);
  return { campaignIds: [...new Set(campaigns)], leaving: leaving?.n ?? 0 };
};

/** Addresses that the contacts' messages went to, with their channel. */
export const addressesOf = (
  trx: Trx,
  contactIds: readonly string[],
): Promise<{ channel: "email" | "sms" | "call"; address: string }[]> =>
  query(
    trx,
    `select distinct channel, recipient as address from messaging.message_keys where contact_id = any(?::uuid[]) and recipient is not null`,
    [[...contactIds]],
  );

/** Ids of the person's messages. */
export const messageIdsOf = async (
  trx: Trx,
  person: Pick<ErasedPerson, "contactIds" | "addresses">,
): Promise<string[]> =>
  (await query<{ message_id: string }>(trx, mine, mineBindings(person))).map((row) => row.message_id);

/** Contents that were written for this person alone and name them: single messages carry such. */
const eraseContents = (trx: Trx, ids: readonly string[], words: string): Promise<unknown> =>
  query(
    trx,
    `update messaging.contents c set subject = '${redacted}', html = null, text = '${redacted}', body = null, links = '[]', fingerprint = 'erased:' || c.id
     where c.id in (select m.content_id from messaging.messages m join messaging.dispatches d on d.source_id = m.source_id
         where m.id = any(?::uuid[]) and not d.bulk and m.content_id is not null)
       and concat_ws(' ', c.subject, c.html, c.text, c.body, c.links::text) ~* ?
       and not exists (select 1 from messaging.messages o where o.content_id = c.id and o.id <> all(?::uuid[]))`,
    [[...ids], words, [...ids]],
  );

/**
 * Takes the person out of messages, keys, events and contents. Answers how many messages there are.
 * Nothing of them may be under way (see stopMessages).
 */
export const eraseMessages = async (trx: Trx, person: ErasedPerson): Promise<number> => {
  await query(trx, "delete from messaging.contact_activity where contact_id = any(?::uuid[])", [
    [...person.contactIds],
  ]);
  const ids = await messageIdsOf(trx, person);
  if (ids.length === 0) return 0;
  const words = person.words ?? "(?!)";
  await eraseContents(trx, ids, words);
  await query(
    trx,
    "update messaging.messages set contact_id = null, address = null, vars = null, detail = null where id = any(?::uuid[])",
    [ids],
  );
  await query(
    trx,
    `update messaging.delivery_events set user_agent = null, address_hash = null,
       url = case when url !~* ? then regexp_replace(url, '[\\?#].*$', '') end where message_id = any(?::uuid[])`,
    [person.ownWords ?? "(?!)", ids],
  );
  const claimed = await claimedAddresses(trx, ids);
  await query(
    trx,
    `update messaging.message_keys k set recipient = null,
       contact_id = (select o.erased_id from unnest(?::uuid[], ?::uuid[]) o (id, erased_id) where o.id = k.contact_id),
       address = (select a.hash from unnest(?::text[], ?::text[]) a (address, hash) where a.address = k.address),
       idempotency_key = case when k.idempotency_key ~* ? then 'erased:' || k.message_id else k.idempotency_key end
     where k.message_id = any(?::uuid[])`,
    [
      [...person.contactIds],
      [...person.erasedIds],
      claimed,
      claimed.map((address) => erasedAddress(address)),
      words,
      ids,
    ],
  );
  return ids.length;
};

const claimedAddresses = async (trx: Trx, ids: readonly string[]): Promise<string[]> =>
  (
    await query<{ address: string }>(
      trx,
      "select distinct address from messaging.message_keys where message_id = any(?::uuid[]) and address is not null",
      [[...ids]],
    )
  ).map((row) => row.address);
