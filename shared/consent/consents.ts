// The consent ledger: append-only rows, and in the same statement what they amount to now (consent.current).
// Set-based, inside the caller's transaction. A grant never lifts a suppression; that takes a person (unsuppress).
import type { Sql, Trx } from "../db/knex.ts";
import { bind } from "../lib/bind.ts";

export type ConsentChannel = "email" | "sms" | "call";
export type ConsentState = "granted" | "revoked";

export interface ConsentRow {
  readonly contactId: string;
  readonly channel: ConsentChannel;
  readonly state: ConsentState;
  /** `marketing` when absent; only that topic counts for what may be sent. */
  readonly topic?: string;
  readonly basis?: string | null;
  readonly source?: string | null;
  /** What the person read when agreeing. */
  readonly wording?: string | null;
  readonly ip?: string | null;
}

// Locks on consent.current are taken in id order, so that two writers cannot deadlock.
/** The end of a statement: brings what `latest` (contact_id, channel, state) amounts to into consent.current. */
export const applyLatest = `
  insert into consent.current as held (contact_id, email, sms, call, updated_at)
  select contact_id,
    max(state) filter (where channel = 'email'),
    max(state) filter (where channel = 'sms'),
    max(state) filter (where channel = 'call'),
    clock_timestamp()
  from latest group by contact_id order by contact_id
  on conflict (contact_id) do update set
    email = coalesce(excluded.email, held.email),
    sms = coalesce(excluded.sms, held.sms),
    call = coalesce(excluded.call, held.call),
    updated_at = excluded.updated_at`;

/** Appends rows to the ledger and brings what is held now up to date; of several rows for one channel the last counts. */
export const recordConsents = async (trx: Trx, rows: readonly ConsentRow[]): Promise<void> => {
  if (rows.length === 0) return;
  await trx.raw(
    `with given as (
       select * from unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
         with ordinality as t (contact_id, channel, state, topic, basis, source, wording, ip, n)
     ), ledger as (
       insert into consent.consents (id, contact_id, channel, topic, state, basis, source, wording, ip, at)
       select make_uuid7(), contact_id, channel, topic, state, basis, source, wording, ip, clock_timestamp()
       from given order by n
     ), latest as (
       select distinct on (contact_id, channel) contact_id, channel, state
       from given where topic = 'marketing' order by contact_id, channel, n desc
     )${applyLatest}`,
    bind(
      rows.map((row) => row.contactId),
      rows.map((row) => row.channel),
      rows.map((row) => row.state),
      rows.map((row) => row.topic ?? "marketing"),
      rows.map((row) => row.basis ?? null),
      rows.map((row) => row.source ?? null),
      rows.map((row) => row.wording ?? null),
      rows.map((row) => row.ip ?? null),
    ),
  );
};

export interface Revocation {
  readonly contactId: string;
  readonly channel: ConsentChannel;
  readonly source: string;
  readonly basis?: string | null;
  readonly ip?: string | null;
}

/** Revokes consent on a channel. Returns false, and writes nothing, when it is revoked already. */
export const revokeConsent = async (trx: Trx, revocation: Revocation): Promise<boolean> => {
  const held = await currentConsent(trx, [revocation.contactId]);
  if (held.get(revocation.contactId)?.[revocation.channel] === "revoked") return false;
  await recordConsents(trx, [{ ...revocation, state: "revoked" }]);
  return true;
};

export type HeldConsent = Readonly<Record<ConsentChannel, ConsentState | null>>;

/** What is held now, by contact id. A contact of whom nothing was ever said is not in the map. */
export const currentConsent = async (
  sql: Sql,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, HeldConsent>> => {
  const { rows } = await sql.raw<{ rows: (HeldConsent & { contact_id: string })[] }>(
    "select contact_id, email, sms, call from consent.current where contact_id = any(?::uuid[])",
    bind(contactIds),
  );
  return new Map(rows.map(({ contact_id, email, sms, call }) => [contact_id, { email, sms, call }]));
};

export interface LedgerEntry {
  readonly id: string;
  readonly channel: ConsentChannel;
  readonly topic: string;
  readonly state: ConsentState;
  readonly basis: string | null;
  readonly source: string | null;
  readonly wording: string | null;
  readonly ip: string | null;
  readonly at: string;
}

/** The ledger of one contact, newest first: at most `limit` entries older than the entry `before`. */
export const readLedger = async (
  sql: Sql,
  contactId: string,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<readonly LedgerEntry[]> => {
  const { rows } = await sql.raw<{ rows: (Omit<LedgerEntry, "at"> & { at: Date })[] }>(
    `select id, channel, topic, state, basis, source, wording, ip, at from consent.consents
     where contact_id = ?::uuid and (?::uuid is null or id < ?::uuid) order by id desc limit ?`,
    bind(contactId, page.before, page.before, page.limit),
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
};
