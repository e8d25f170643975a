// What is left of a person's consent and suppressions after erasure: that, when, on which channel and on which ground
// somebody agreed, without who; and addresses as keyed hashes, so that nobody writes to them again.
import type { Trx } from "../db/knex.ts";
import { bind } from "../lib/bind.ts";
import { redacted } from "../lib/person-words.ts";
import type { ConsentChannel } from "./consents.ts";
import { erasedAddress } from "./erased-addresses.ts";

export interface ErasedPerson {
  readonly contactIds: readonly string[];
  /** What stands in place of each contact's id, in their order. */
  readonly erasedIds: readonly string[];
  readonly addresses: readonly { readonly channel: ConsentChannel; readonly address: string }[];
  /** Matches what names the person and nobody else (see redact.ts); undefined when nothing does. */
  readonly words: string | undefined;
  /** The same and each name alone: for what is the person's own anyway. */
  readonly ownWords: string | undefined;
}

/** Takes the person out of the consent ledger; its entries stay as evidence. Repeating it changes nothing. */
export const eraseConsents = async (trx: Trx, person: ErasedPerson): Promise<void> => {
  const clean = (column: string) => `${column} = regexp_replace(${column}, ?::text, '${redacted}', 'gi')`;
  const words = person.words ?? "(?!)";
  await trx.raw(
    `update consent.consents c set contact_id = o.erased_id, ip = null, ${clean("basis")}, ${clean("source")}, ${clean("wording")}
     from unnest(?::uuid[], ?::uuid[]) as o (contact_id, erased_id) where c.contact_id = o.contact_id`,
    bind(words, words, words, person.contactIds, person.erasedIds),
  );
  await trx.raw("delete from consent.current where contact_id = any(?::uuid[])", bind(person.contactIds));
};

/** Suppresses the addresses by their hash: for the reason that held, or because the person was erased. */
export const eraseSuppressions = async (trx: Trx, { addresses }: Pick<ErasedPerson, "addresses">): Promise<void> => {
  if (addresses.length === 0) return;
  await trx.raw(
    `with given as (select * from unnest(?::text[], ?::text[], ?::text[]) as t (channel, address, hash)),
     held as (
       delete from consent.suppressions s using given g where s.channel = g.channel and s.address = g.address
       returning s.channel, g.hash, s.reason, s.unsubscribed, s.created_at)
     insert into consent.suppressions (id, channel, address, reason, unsubscribed, created_at)
     select make_uuid7(), g.channel, g.hash, coalesce(h.reason, 'erased'), coalesce(h.unsubscribed, false), coalesce(h.created_at, now())
     from given g left join held h on h.channel = g.channel and h.hash = g.hash
     on conflict (channel, address) do nothing`,
    bind(
      addresses.map(({ channel }) => channel),
      addresses.map(({ address }) => address),
      addresses.map(({ address }) => erasedAddress(address)),
    ),
  );
};
