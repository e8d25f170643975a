// The search over the ledger: by person, address, state, reason, source and time. Only the conditions that are asked for
// are part of the statement, and each has an index that leads to it, so that a million messages cost a page.
import { query, type Sql } from "../db/knex.ts";
import { personSearch } from "../lib/person-search.ts";
import type { Limit, Scope } from "../lib/scope.ts";
import { type MessageRow, messageColumns } from "./message-rows.ts";

export interface MessageFilter {
  /** Whose messages: required, so that nobody forgets it. */
  readonly scope: Scope;
  readonly sourceId?: string | undefined;
  /** The source is the caller's own: known already, so only people who are elsewhere by now are left out. */
  readonly ofOneSource?: boolean;
  readonly source?: string | undefined;
  readonly contactId?: string | undefined;
  /** Everything for one person: by contact, and to these addresses when nobody said whose they are. */
  readonly person?: { readonly contactId: string; readonly addresses: readonly string[] } | undefined;
  /** The whole address, normalised. */
  readonly address?: string | undefined;
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  readonly channel?: string | undefined;
  /** ISO 8601. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Part of the address; for the ledger of one source, where it is looked for row by row. */
  readonly q?: string | undefined;
  /** Who it was for, in words: name, part of the email, number; or the id of a message, ours or the provider's. */
  readonly about?: string | undefined;
}

/** Whether a limited caller's people are looked at message by message: where something else finds the messages. */
const walksHomes = async (sql: Sql, filter: MessageFilter): Promise<boolean> => {
  const { scope, contactId, address, person } = filter;
  if (!scope || filter.ofOneSource) return false;
  if (contactId !== undefined || address !== undefined || person !== undefined) return true;
  return !(await hasFewPeople(sql, scope));
};

export interface MessagePage extends MessageFilter {
  readonly after?: string | undefined;
  readonly limit: number;
  readonly newestFirst: boolean;
}

/** Which phase a state belongs to, and of those that did not arrive which ending: see 0004 and 0011. */
const placeOf: Readonly<Record<string, { readonly phase: number; readonly ending: number }>> = {
  queued: { phase: 0, ending: 0 },
  claimed: { phase: 1, ending: 0 },
  handing_off: { phase: 1, ending: 0 },
  skipped: { phase: 2, ending: 1 },
  failed: { phase: 2, ending: 2 },
  bounced: { phase: 2, ending: 3 },
  unknown: { phase: 2, ending: 4 },
  cancelled: { phase: 2, ending: 5 },
  accepted: { phase: 3, ending: 0 },
  delivered: { phase: 3, ending: 0 },
};

/** The ending that each reason of ours goes with; a reason that is not listed is looked for among all that did not arrive. */
const endingOf: Readonly<Record<string, number>> = {
  suppressed: 1,
  no_consent: 1,
  no_address: 1,
  duplicate_address: 1,
  missing_field: 1,
  bounced_before: 1,
  capped: 1,
  erased: 1,
  rejected: 2,
  gave_up: 2,
  unknown_closed: 2,
  hard_bounce: 3,
  soft_bounce: 3,
  no_answer: 4,
  campaign_cancelled: 5,
};

const slackMs = 3_600_000;
/** The first id of a moment; ids begin with the time they were made, which is near to, not exactly, that of the row. */
const idAt = (ms: number): string => {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
};

const indexedId = 20;
const manyPeople = 2_000;
/** True when the words find so many people that walking the newest messages comes upon theirs soon. */
const findsMany = async (sql: Sql, about: string): Promise<boolean> => {
  const { tsquery } = personSearch(about);
  if (tsquery === "") return false;
  const [row] = await query<{ n: number }>(
    sql,
    `select count(*)::int as n from (
       select 1 from contacts.v_contact_search where search @@ to_tsquery('simple', ?) limit ?) found`,
    [tsquery, manyPeople],
  );
  return row?.n === manyPeople;
};

/**
 * Messages of the people that the words find, to the very address, or of the very id. `walk`: decided message by
 * message, for words that find many; otherwise the people lead to their messages.
 */
const aboutSql = (about: string, walk: boolean): { sql: string; bindings: unknown[] } => {
  const { tsquery, email, phone, id } = personSearch(about);
  const parts: string[] = [];
  const bindings: unknown[] = [];
  const add = (sql: string, ...bound: unknown[]) => {
    parts.push(sql);
    bindings.push(...bound);
  };
  if (tsquery !== "" && !walk)
    add(
      `select k.message_id from messaging.message_keys k
       where k.contact_id in (select c.id from contacts.v_contact_search c where c.search @@ to_tsquery('simple', ?))`,
      tsquery,
    );
  const address = email ?? phone;
  if (address !== null) add("select message_id from messaging.message_keys where recipient = ?", address);
  if (id !== null) add("select ?::uuid", id);
  // A provider's id has digits and no blank. The longer ones, which tell messages apart for sure, have an index.
  if (/^(?=.*\d)\S{8,}$/.test(about))
    add(
      `select p.id from messaging.messages p where p.provider_message_id = ?${about.length >= indexedId ? ` and length(p.provider_message_id) >= ${indexedId}` : ""}`,
      about,
    );
  const known = parts.length === 0 ? "false" : `m.id in (${parts.join(" union ")})`;
  if (!walk) return { sql: known, bindings };
  return {
    sql: `(exists (select 1 from contacts.v_contact_search c where c.id = m.contact_id and c.search @@ to_tsquery('simple', ?)) or ${known})`,
    bindings: [tsquery, ...bindings],
  };
};

/** People of a limited caller up to whom they lead to their messages; of more, some are met soon among the newest. */
const fewPeople = 5_000;
const hasFewPeople = async (sql: Sql, { communities }: Limit): Promise<boolean> => {
  const [row] = await query<{ n: number }>(
    sql,
    `select count(*)::int as n from (
       select 1 from contacts.v_homes where community_id = any(?::uuid[]) limit ?) found`,
    [[...communities], fewPeople],
  );
  return (row?.n ?? 0) < fewPeople;
};

/**
 * Messages to people of the caller's communities, and those to the caller's own address that are for no contact. In one
 * campaign, which is theirs: all but those to people who are elsewhere by now. `walk`: decided message by message.
 */
const withinSql = ({ communities, ownAddress }: Limit, ofOneSource: boolean, walk: boolean) => {
  const ids = [...communities];
  if (ofOneSource)
    return {
      sql: "not exists (select 1 from contacts.v_homes h where h.id = m.contact_id and h.community_id <> all(?::uuid[]))",
      bindings: [ids],
    };
  const own = "select k.message_id from messaging.message_keys k where k.contact_id is null and k.recipient = ?";
  if (!walk)
    return {
      sql: `m.id in (select k.message_id from messaging.message_keys k join contacts.v_homes h on h.id = k.contact_id
         where h.community_id = any(?::uuid[]) union ${own})`,
      bindings: [ids, ownAddress],
    };
  return {
    sql: `(exists (select 1 from contacts.v_homes h where h.id = m.contact_id and h.community_id = any(?::uuid[]))
       or m.id in (${own}))`,
    bindings: [ids, ownAddress],
  };
};

const conditionsOf = (
  filter: MessageFilter,
  { walk = false, walkHomes = false } = {},
): { where: string; bindings: unknown[] } => {
  const conditions: string[] = ["true"];
  const bindings: unknown[] = [];
  const add = (condition: string, value: unknown) => {
    if (value === undefined) return;
    conditions.push(condition);
    bindings.push(value);
  };
  if (filter.scope) {
    const within = withinSql(filter.scope, filter.ofOneSource === true, walkHomes);
    conditions.push(within.sql);
    bindings.push(...within.bindings);
  }
  add("m.source_id = ?", filter.sourceId);
  add("m.source = ?", filter.source);
  // People are looked up by the keys, which are written once per message; the ledger itself has no index to keep for it.
  add("m.id in (select message_id from messaging.message_keys where contact_id = ?)", filter.contactId);
  add("m.id in (select message_id from messaging.message_keys where recipient = ?)", filter.address);
  if (filter.person !== undefined) {
    conditions.push(
      `m.id in (select message_id from messaging.message_keys
         where contact_id = ? or (contact_id is null and recipient = any(?::text[])))`,
    );
    bindings.push(filter.person.contactId, [...filter.person.addresses]);
  }
  add("m.state = ?", filter.state);
  const place = filter.state === undefined ? undefined : placeOf[filter.state];
  if (place) conditions.push(`m.phase = ${place.phase}`);
  if (place?.phase === 2 && filter.sourceId === undefined) conditions.push(`m.ending = ${place.ending}`);
  // What was sent, or is on its way, has no reason.
  if (filter.reason !== undefined && !place) {
    conditions.push("m.phase = 2");
    if (filter.sourceId === undefined) add("m.ending = ?", endingOf[filter.reason]);
  }
  add("m.reason = ?", filter.reason);
  add("m.channel = ?", filter.channel);
  if (filter.from !== undefined) add("m.id >= ?", idAt(Date.parse(filter.from) - slackMs));
  if (filter.until !== undefined) add("m.id < ?", idAt(Date.parse(filter.until) + slackMs));
  add("m.created_at >= ?", filter.from);
  add("m.created_at < ?", filter.until);
  add(
    "m.address like ?",
    filter.q === undefined ? undefined : `%${filter.q.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`,
  );
  if (filter.about !== undefined) {
    const about = aboutSql(filter.about, walk);
    conditions.push(about.sql);
    bindings.push(...about.bindings);
  }
  return { where: conditions.join(" and "), bindings };
};

/** One page of the ledger, by id (that is by time). */
export const listMessages = async (sql: Sql, page: MessagePage): Promise<MessageRow[]> => {
  const walk = page.about !== undefined && (await findsMany(sql, page.about));
  const { where, bindings } = conditionsOf(page, { walk, walkHomes: await walksHomes(sql, page) });
  const after = page.after === undefined ? "" : `and m.id ${page.newestFirst ? "<" : ">"} ?`;
  return query<MessageRow>(
    sql,
    `select ${messageColumns} from messaging.messages m left join messaging.dispatches d on d.source_id = m.source_id
     where ${where} ${after} order by m.id ${page.newestFirst ? "desc" : "asc"} limit ?`,
    [...bindings, ...(page.after === undefined ? [] : [page.after]), page.limit],
  );
};

/** How many messages fulfil the filter, exactly. */
export const countMessages = async (sql: Sql, filter: MessageFilter): Promise<number> => {
  const { where, bindings } = conditionsOf(filter);
  const [row] = await query<{ n: string }>(
    sql,
    `select count(*) as n from messaging.messages m where ${where}`,
    bindings,
  );
  return Number(row?.n ?? 0);
};

/** One message within the scope, or undefined. */
export const findMessageWithin = async (sql: Sql, id: string, scope: Scope): Promise<MessageRow | undefined> => {
  const within = scope && withinSql(scope, false, true);
  return (
    await query<MessageRow>(
      sql,
      `select ${messageColumns} from messaging.messages m left join messaging.dispatches d on d.source_id = m.source_id
       where m.id = ?${within ? ` and ${within.sql}` : ""}`,
      [id, ...(within?.bindings ?? [])],
    )
  )[0];
};
