// Suppressed addresses: nothing more is sent to one on its channel, whatever consent is recorded afterwards.
// One row per channel and address; the first reason stays, but for an unsubscribe, which binds bulk mail only: what binds
// every mail takes its place, and lifting that brings it back. Set-based, inside the caller's transaction.
import type { Sql, Trx } from "../db/knex.ts";
import { normaliseAddress } from "../lib/address.ts";
import { type Bindable, bind } from "../lib/bind.ts";
import { type ConsentChannel, revokeConsent } from "./consents.ts";
import { isErased, spellingsOf } from "./erased-addresses.ts";

export const suppressionReasons = [
  "manual",
  "hard_bounce",
  "soft_bounces",
  "complaint",
  "unsubscribed",
  "stop",
  "erased",
] as const;
export type SuppressionReason = (typeof suppressionReasons)[number];

export interface SuppressionRow {
  readonly channel: ConsentChannel;
  /** Any spelling; it is normalised. */
  readonly address: string;
  readonly reason: SuppressionReason;
  /** The message that it came from, where one did. */
  readonly messageId?: string | null;
}

export interface SuppressionEntry {
  readonly id: string;
  readonly channel: ConsentChannel;
  /** Null when the person was erased: only a keyed hash of the address is kept. */
  readonly address: string | null;
  readonly reason: SuppressionReason;
  readonly messageId: string | null;
  readonly createdAt: string;
}

type Row = Omit<SuppressionEntry, "createdAt" | "messageId" | "address"> & {
  address: string;
  message_id: string | null;
  created_at: Date;
};
const columns = "id, channel, address, reason, message_id, created_at";
const entry = ({ id, channel, address, reason, message_id, created_at }: Row): SuppressionEntry => ({
  id,
  channel,
  address: isErased(address) ? null : address,
  reason,
  messageId: message_id,
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
    `insert into consent.suppressions as held (id, channel, address, reason, unsubscribed, message_id)
     select make_uuid7(), channel, address, reason, reason = 'unsubscribed', message_id from (
       select distinct on (channel, address) channel, address, reason, message_id
       from unnest(?::text[], ?::text[], ?::text[], ?::uuid[]) with ordinality as t (channel, address, reason, message_id, n)
       order by channel, address, n) given
     on conflict (channel, address) do update set
       reason = case when held.reason = 'unsubscribed' then excluded.reason else held.reason end,
       message_id = case when held.reason = 'unsubscribed' then excluded.message_id else held.message_id end,
       unsubscribed = held.unsubscribed or held.reason = 'unsubscribed' or excluded.unsubscribed
     where (held.reason = 'unsubscribed' and excluded.reason <> 'unsubscribed') or (excluded.unsubscribed and not held.unsubscribed)`,
    bind(
      channels,
      addresses,
      rows.map((row) => row.reason),
      rows.map((row) => row.messageId ?? null),
    ),
  );
  const found = await trx.raw<{ rows: Row[] }>(
    `select ${columns} from consent.suppressions
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

/** Those of the addresses (any spelling) that are suppressed on the channel, normalised; also those of erased people. */
export const suppressedAmong = async (
  sql: Sql,
  channel: ConsentChannel,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> => {
  const spellings = new Map(
    addresses.flatMap((given) => {
      const address = normaliseAddress(channel, given);
      return spellingsOf(address).map((spelling) => [spelling, address] as const);
    }),
  );
  const { rows } = await sql.raw<{ rows: { address: string }[] }>(
    "select address from consent.suppressions where channel = ?::text and address = any(?::text[])",
    bind(channel, [...spellings.keys()]),
  );
  return new Set(rows.map((row) => spellings.get(row.address) ?? row.address));
};

/** One suppression, or undefined. */
export const findSuppression = async (sql: Sql, id: string): Promise<SuppressionEntry | undefined> => {
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select ${columns} from consent.suppressions where id = ?::uuid`,
    bind(id),
  );
  return rows[0] && entry(rows[0]);
};

/** What suppresses these addresses (normalised) on any channel, newest first; also what was kept of an erased person. */
export const suppressionsOf = async (sql: Sql, addresses: readonly string[]): Promise<readonly SuppressionEntry[]> => {
  if (addresses.length === 0) return [];
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select ${columns} from consent.suppressions
     where channel in ('email', 'sms', 'call') and address = any(?::text[]) order by id desc`,
    bind(addresses.flatMap((address) => spellingsOf(address))),
  );
  return rows.map(entry);
};

export interface SuppressionFilter {
  readonly channel?: ConsentChannel | undefined;
  readonly reason?: string | undefined;
  /** Part of an address as it is written down, or the whole address of an erased person. */
  readonly q?: string | undefined;
  readonly limit: number;
  /** Entries older than this id. */
  readonly before?: string | undefined;
}

/** A number is found however it is grouped: +1 (555) 010-0199. */
const partOf = (q: string): string => (/^[+\d][\d\s().-]*$/.test(q) ? q.replace(/[\s().-]/g, "") : q.toLowerCase());

const conditions = (filter: Omit<SuppressionFilter, "limit">) => {
  const parts = ["true"];
  const values: Bindable[] = [];
  const add = (part: string, ...bound: Bindable[]) => {
    parts.push(part);
    values.push(...bound);
  };
  if (filter.channel) add("channel = ?::text", filter.channel);
  if (filter.reason) add("reason = ?::text", filter.reason);
  if (filter.q)
    add(
      "((position(?::text in address) > 0 and address not like 'erased:%') or address = any(?::text[]))",
      partOf(filter.q),
      (["email", "sms"] as const).flatMap((channel) => spellingsOf(normaliseAddress(channel, filter.q ?? ""))),
    );
  if (filter.before) add("id < ?::uuid", filter.before);
  return { where: parts.join(" and "), values };
};

/** How many suppressions fulfil the filter. */
export const countSuppressions = async (
  sql: Sql,
  filter: Pick<SuppressionFilter, "channel" | "reason" | "q">,
): Promise<number> => {
  const { where, values } = conditions(filter);
  const { rows } = await sql.raw<{ rows: { n: number }[] }>(
    `select count(*)::int as n from consent.suppressions where ${where}`,
    bind(...values),
  );
  return rows[0]?.n ?? 0;
};

/** Suppressions, newest first. */
export const listSuppressions = async (sql: Sql, filter: SuppressionFilter): Promise<readonly SuppressionEntry[]> => {
  const { where, values } = conditions(filter);
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select ${columns} from consent.suppressions where ${where} order by id desc limit ?`,
    bind(...values, filter.limit),
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
  /** The message whose link was used. */
  readonly messageId?: string | null;
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
  await suppress(trx, [
    { channel: said.channel, address: said.address, reason: "unsubscribed", messageId: said.messageId ?? null },
  ]);
  return { changed: revoked || before.size === 0 };
};
