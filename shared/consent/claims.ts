// Consent that a list claims for many people at once, and taking such claims back. The ledger stays append-only: a claim
// that is withdrawn gets a row of its own, and what is held goes back to what it was, so that it is no "no" of the person.
import type { Trx } from "../db/knex.ts";
import { idArray, textArray } from "../lib/array-text.ts";
import { bind } from "../lib/bind.ts";
import { makeIds } from "../lib/id-batch.ts";
import { applyLatest, type ConsentChannel } from "./consents.ts";

export interface ConsentClaim {
  readonly channels: readonly ConsentChannel[];
  readonly basis: string;
  readonly source: string;
  /** What the people read when agreeing. */
  readonly wording?: string | null;
  /** The import that it came with; such claims can be withdrawn. */
  readonly importId?: string;
}

const pairsOf = (contactIds: readonly string[], channels: readonly ConsentChannel[]) => {
  const ids: string[] = [];
  const names: string[] = [];
  const distinct = new Set(contactIds);
  for (const channel of new Set(channels))
    for (const id of distinct) {
      ids.push(id);
      names.push(channel);
    }
  return { ids, names };
};

// Locked, and read as they are once whoever just changes them has committed: a no that comes at the same moment counts.
// A look-up per row: a table that was not analysed yet would be read whole for every batch.
const heldSql = `held as materialized (
       select contact_id, email, sms, call from consent.current
       where contact_id = any(array(select unnest(?::uuid[]))) order by contact_id for update)`;
const heldState = "case channel when 'email' then held.email when 'sms' then held.sms else held.call end";

/**
 * Records that a list claims consent of many contacts (imports). A contact who revoked a channel keeps the revocation:
 * a list that somebody uploads does not outrank what the person said, and no ledger row is written for it.
 */
export const grantConsents = async (trx: Trx, contactIds: readonly string[], claim: ConsentClaim): Promise<void> => {
  const { ids, names } = pairsOf(contactIds, claim.channels);
  if (ids.length === 0) return;
  await trx.raw(
    `with ${heldSql}, given as (
       select p.id, p.contact_id, p.channel, 'granted'::text as state
       from unnest(?::uuid[], ?::uuid[], ?::text[]) as p (id, contact_id, channel) left join held using (contact_id)
       where ${heldState} is distinct from 'revoked'
     ), ledger as (
       insert into consent.consents (id, contact_id, channel, state, basis, source, wording, import_id, at)
       select id, contact_id, channel, state, ?::text, ?::text, ?::text, ?::uuid, clock_timestamp() from given
     ), latest as (select * from given)${applyLatest}`,
    // Ids are made here: in SQL an id costs as much as the row it is for.
    bind(
      idArray(contactIds),
      idArray(makeIds(ids.length)),
      idArray(ids),
      textArray(names),
      claim.basis,
      claim.source,
      claim.wording,
      claim.importId,
    ),
  );
};

/** The same for contacts that the transaction has just made: nothing can be held of them, so nothing is looked up. */
export const grantToNew = async (trx: Trx, contactIds: readonly string[], claim: ConsentClaim): Promise<void> => {
  const { ids, names } = pairsOf(contactIds, claim.channels);
  if (ids.length === 0) return;
  const granted = (channel: ConsentChannel) => (claim.channels.includes(channel) ? "granted" : null);
  await trx.raw(
    `with ledger as (
       insert into consent.consents (id, contact_id, channel, state, basis, source, wording, import_id, at)
       select p.id, p.contact_id, p.channel, 'granted', ?::text, ?::text, ?::text, ?::uuid, now()
       from unnest(?::uuid[], ?::uuid[], ?::text[]) as p (id, contact_id, channel)
     ) insert into consent.current (contact_id, email, sms, call)
     select id, ?::text, ?::text, ?::text from unnest(?::uuid[]) as id`,
    bind(
      claim.basis,
      claim.source,
      claim.wording,
      claim.importId,
      idArray(makeIds(ids.length)),
      idArray(ids),
      textArray(names),
      granted("email"),
      granted("sms"),
      granted("call"),
      idArray(contactIds),
    ),
  );
};

/**
 * Takes back what an import claimed about these contacts, where nobody else said anything about the channel: the ledger
 * gets a row `revoked` with the source "import undone", and what is held becomes nothing, so that a later yes counts.
 * Repeating it changes nothing. Returns how many channels of contacts that were.
 */
export const withdrawClaims = async (trx: Trx, importId: string, contactIds: readonly string[]): Promise<number> => {
  if (contactIds.length === 0) return 0;
  const { rows } = await trx.raw<{ rows: { n: number }[] }>(
    `with claimed as (
       select distinct l.contact_id, l.channel from consent.consents l
       where l.contact_id = any(array(select unnest(?::uuid[]))) and l.import_id = ?::uuid and l.state = 'granted'
     ), alone as (
       select claimed.* from claimed join consent.current held using (contact_id)
       where 'granted' = case channel when 'email' then held.email when 'sms' then held.sms else held.call end
         and not exists (
           select from consent.consents o
           where o.contact_id = claimed.contact_id and o.channel = claimed.channel and o.import_id is distinct from ?::uuid
             -- Neither the taking back of another import's claim, nor a claim that was taken back.
             and not (o.import_id is not null and o.state = 'revoked')
             and not exists (select from consent.consents w where w.contact_id = o.contact_id and w.channel = o.channel
               and w.import_id = o.import_id and w.state = 'revoked'))
     ), ledger as (
       insert into consent.consents (id, contact_id, channel, state, basis, source, import_id, at)
       select make_uuid7(), contact_id, channel, 'revoked', 'the import that claimed it was undone', 'import undone', ?::uuid, clock_timestamp()
       from alone
     -- A no that came at this very moment stays.
     ), cleared as (
       update consent.current held set
         email = case when 'email' = any(gone.channels) and held.email = 'granted' then null else held.email end,
         sms = case when 'sms' = any(gone.channels) and held.sms = 'granted' then null else held.sms end,
         call = case when 'call' = any(gone.channels) and held.call = 'granted' then null else held.call end,
         updated_at = clock_timestamp()
       from (select contact_id, array_agg(channel) as channels from alone group by contact_id) gone
       where held.contact_id = gone.contact_id
     ) select count(*)::int as n from alone`,
    bind(idArray(contactIds), importId, importId, importId),
  );
  return rows[0]?.n ?? 0;
};

/** Forgets what is held of contacts that exist no more; the ledger keeps its rows. */
export const forgetHeld = async (trx: Trx, contactIds: readonly string[]): Promise<void> => {
  await trx.raw(
    "delete from consent.current where contact_id = any(array(select unnest(?::uuid[])))",
    bind(idArray(contactIds)),
  );
};

export interface ClaimPerson {
  readonly id: string;
  readonly email: string | null;
  readonly phone: string | null;
}

/**
 * Records what a person claims for many contacts at once, for those of whom nothing was ever said on the channel, and
 * whose address is not suppressed there: a no, however it was said, is never overridden. Contacts without an address on
 * the channel are left out. Returns how many contacts got consent on at least one channel.
 */
export const claimConsents = async (
  trx: Trx,
  people: readonly ClaimPerson[],
  claim: ConsentClaim & { readonly importId: string },
): Promise<number> => {
  if (people.length === 0) return 0;
  const { rows } = await trx.raw<{ rows: { n: number }[] }>(
    `with ${heldSql}, asked as (
       select p.id as contact_id, channel, case channel when 'email' then p.email else p.phone end as address
       from unnest(?::uuid[], ?::text[], ?::text[]) as p (id, email, phone) cross join unnest(?::text[]) as channel
     ), given as (
       select contact_id, channel, 'granted'::text as state from asked left join held using (contact_id)
       where address is not null
         and ${heldState} is null
         and not exists (select from consent.suppressions s where s.channel = asked.channel and s.address = asked.address)
     ), ledger as (
       insert into consent.consents (id, contact_id, channel, state, basis, source, wording, import_id, at)
       select make_uuid7(), contact_id, channel, state, ?::text, ?::text, ?::text, ?::uuid, clock_timestamp() from given
     ), latest as (select * from given), applied as (${applyLatest})
     select count(distinct contact_id)::int as n from given`,
    bind(
      idArray(people.map((person) => person.id)),
      idArray(people.map((person) => person.id)),
      textArray(people.map((person) => person.email)),
      textArray(people.map((person) => person.phone)),
      textArray([...new Set(claim.channels)]),
      claim.basis,
      claim.source,
      claim.wording,
      claim.importId,
    ),
  );
  return rows[0]?.n ?? 0;
};
