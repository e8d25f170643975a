// Suppressed addresses: nothing more is sent to one on its channel, whatever consent is recorded afterwards.
// One row per channel and address; the first reason stays, but for an unsubscribe, which binds bulk mail only: what binds
// every mail takes its place, and lifting that brings it back. Set-based, inside the caller's transaction.
import type { Sql, Trx } from "../db/knex.ts";
import { normaliseAddress } from "../lib/address.ts";
import { bind } from "../lib/bind.ts";
import { type ConsentChannel, revokeConsent } from "./consents.ts";

export const suppressionReasons = [
  "manual",
  "hard_bounce",
  "soft_bounces",
  "complaint",
  "unsubscribed",
  "stop",
] as const;
export type SuppressionReason = (typeof suppressionReasons)[number];

export interface SuppressionRow {
  readonly channel: ConsentChannel;
  /** Any spelling; it is normalised. */
  readonly address: string;
  readonly reason: SuppressionReason;
}

export interface SuppressionEntry {
  readonly id: string;
  readonly channel: ConsentChannel;
  readonly address: string;
  readonly reason: SuppressionReason;
  readonly createdAt: string;
}

type Row = Omit<SuppressionEntry, "createdAt"> & { created_at: Date };
const entry = ({ id, channel, address, reason, created_at }: Row): SuppressionEntry => ({
  id,
  channel,
  address,
  reason,
  createdAt: created_at.toISOString(),
});

/**
 * Suppresses addresses. Answers the entry of each, old or new, once; an existing one keeps its time, and its reason
 * unless that was `unsubscribed`, which any other outweighs.
 */
export const suppress = async (trx: Trx, rows: readonly SuppressionRow[]): Promise<readonly SuppressionEntry[]> => {
  if (rows.length === 0) return [];
  const channels = rows.map((row) => row.channel);
  const addresses = rows.map((row) => normaliseAddress(row.channel, row.address));
  await trx.raw(
    `insert into consent.suppressions as held (id, channel, address, reason, unsubscribed)
     select make_uuid7(), channel, address, reason, reason = 'unsubscribed' from (
       select distinct on (channel, address) channel, address, reason
       from unnest(?::text[], ?::text[], ?::text[]) with ordinality as t (channel, address, reason, n)
       order by channel, address, n) given
     on conflict (channel, address) do update set
       reason = case when held.reason = 'unsubscribed' then excluded.reason else held.reason end,
       unsubscribed = held.unsubscribed or held.reason = 'unsubscribed' or excluded.unsubscribed
     where (held.reason = 'unsubscribed' and excluded.reason <> 'unsubscribed') or (excluded.unsubscribed and not held.unsubscribed)`,
    bind(
      channels,
      addresses,
      rows.map((row) => row.reason),
    ),
  );
  const found = await trx.raw<{ rows: Row[] }>(
    `select id, channel, address, reason, created_at from consent.suppressions
     where (channel, address) in (select * from unnest(?::text[], ?::text[])) order by id`,
    bind(channels, addresses),
  );
  return found.rows.map(entry);
};

/**
 * Lifts suppressions by id. Returns how many there were. Where the person had unsubscribed before the address died or
 * was suppressed, that "no" stays and can be lifted by itself.
 */
export const unsuppress = async (trx: Trx, ids: readonly string[]): Promise<number> => {
  const back = await trx.raw<{ rows: { id: string }[] }>(
    `update consent.suppressions set reason = 'unsubscribed'
     where id = any(?::uuid[]) and unsubscribed and reason <> 'unsubscribed' returning id`,
    bind(ids),
  );
  const kept = new Set(back.rows.map(({ id }) => id));
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    "delete from consent.suppressions where id = any(?::uuid[])",
    bind(ids.filter((id) => !kept.has(id))),
  );
  return rowCount + kept.size;
};

/** Those of the addresses (any spelling) that are suppressed on the channel, normalised. */
export const suppressedAmong = async (
  sql: Sql,
  channel: ConsentChannel,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> => {
  const { rows } = await sql.raw<{ rows: { address: string }[] }>(
    "select address from consent.suppressions where channel = ?::text and address = any(?::text[])",
    bind(
      channel,
      addresses.map((address) => normaliseAddress(channel, address)),
    ),
  );
  return new Set(rows.map((row) => row.address));
};

export interface SuppressionFilter {
  readonly channel?: ConsentChannel | undefined;
  readonly reason?: string | undefined;
  /** Part of an address. */
  readonly q?: string | undefined;
  readonly limit: number;
  /** Entries older than this id. */
  readonly before?: string | undefined;
}

/** Suppressions, newest first. */
export const listSuppressions = async (sql: Sql, filter: SuppressionFilter): Promise<readonly SuppressionEntry[]> => {
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select id, channel, address, reason, created_at from consent.suppressions
     where (?::text is null or channel = ?::text) and (?::text is null or reason = ?::text)
       and (?::text is null or position(lower(?::text) in address) > 0) and (?::uuid is null or id < ?::uuid)
     order by id desc limit ?`,
    bind(
      filter.channel,
      filter.channel,
      filter.reason,
      filter.reason,
      filter.q,
      filter.q,
      filter.before,
      filter.before,
      filter.limit,
    ),
  );
  return rows.map(entry);
};

export interface Unsubscription {
  readonly channel: ConsentChannel;
  /** Null when only the contact is known. */
  readonly address: string | null;
  /** Null when nobody knows whose address it is; the suppression holds all the same. */
  readonly contactId: string | null;
  /** Where it was said, for the ledger: `unsubscribe link`, `STOP`. */
  readonly source: string;
  readonly ip?: string | null;
}

/**
 * A person said no: revokes consent (when the contact is known) and suppresses the address with reason `unsubscribed`.
 * A suppression that is there for another reason keeps it and notes the "no". Repeating it changes nothing: `changed` is
 * false then.
 */
export const unsubscribe = async (trx: Trx, said: Unsubscription): Promise<{ readonly changed: boolean }> => {
  const revoked =
    said.contactId !== null &&
    (await revokeConsent(trx, {
      contactId: said.contactId,
      channel: said.channel,
      source: said.source,
      ip: said.ip ?? null,
    }));
  if (said.address === null) return { changed: revoked };
  const before = await suppressedAmong(trx, said.channel, [said.address]);
  await suppress(trx, [{ channel: said.channel, address: said.address, reason: "unsubscribed" }]);
  return { changed: revoked || before.size === 0 };
};
