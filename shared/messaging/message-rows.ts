// Rows of the ledger one by one and in pages, their delivery events, and the partitions they lie in.
import { query, type Sql, type Trx } from "../db/knex.ts";

export interface MessageRow {
  readonly id: string;
  readonly source: string;
  readonly source_id: string;
  readonly contact_id: string | null;
  readonly channel: "email" | "sms" | "call";
  readonly address: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly provider: string | null;
  readonly provider_message_id: string | null;
  readonly attempts: number;
  readonly vars: Record<string, string> | null;
  readonly content_id: string | null;
  readonly created_at: Date;
  readonly accepted_at: Date | null;
  readonly updated_at: Date;
}

export interface MessageFilter {
  readonly sourceId?: string | undefined;
  readonly contactId?: string | undefined;
  readonly address?: string | undefined;
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  readonly channel?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Part of the address. */
  readonly q?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
  readonly newestFirst: boolean;
}

const notArrived = new Set(["skipped", "failed", "bounced", "unknown", "cancelled"]);

/** One page of the ledger, by id (that is by time). Only the conditions that are asked for are part of the statement. */
export const listMessages = (sql: Sql, filter: MessageFilter): Promise<MessageRow[]> => {
  const conditions: string[] = [];
  const bindings: unknown[] = [];
  const add = (condition: string, value: unknown) => {
    if (value === undefined) return;
    conditions.push(condition);
    bindings.push(value);
  };
  add("m.source_id = ?", filter.sourceId);
  // People are looked up by the keys, which are written once per message; the ledger itself has no index to keep for it.
  add("m.id in (select message_id from messaging.message_keys where contact_id = ?)", filter.contactId);
  add("m.id in (select message_id from messaging.message_keys where recipient = ?)", filter.address);
  add("m.state = ?", filter.state);
  if (filter.state !== undefined && notArrived.has(filter.state)) conditions.push("m.phase = 2");
  add("m.reason = ?", filter.reason);
  add("m.channel = ?", filter.channel);
  add("m.created_at >= ?", filter.from);
  add("m.created_at < ?", filter.until);
  add(
    "m.address like ?",
    filter.q === undefined ? undefined : `%${filter.q.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`,
  );
  add(filter.newestFirst ? "m.id < ?" : "m.id > ?", filter.after);
  return query<MessageRow>(
    sql,
    `select m.id, m.source, m.source_id, m.contact_id, m.channel, m.address, m.state, m.reason, m.detail, m.provider, m.provider_message_id,
       m.attempts, m.vars, coalesce(m.content_id, d.content_id) as content_id, m.created_at, m.accepted_at, m.updated_at
     from messaging.messages m left join messaging.dispatches d on d.source_id = m.source_id
     ${conditions.length > 0 ? `where ${conditions.join(" and ")}` : ""} order by m.id ${filter.newestFirst ? "desc" : "asc"} limit ?`,
    [...bindings, filter.limit],
  );
};

export const findMessage = async (sql: Sql, id: string): Promise<MessageRow | undefined> =>
  (
    await query<MessageRow>(
      sql,
      `select m.id, m.source, m.source_id, m.contact_id, m.channel, m.address, m.state, m.reason, m.detail, m.provider, m.provider_message_id,
       m.attempts, m.vars, coalesce(m.content_id, d.content_id) as content_id, m.created_at, m.accepted_at, m.updated_at
     from messaging.messages m left join messaging.dispatches d on d.source_id = m.source_id where m.id = ?`,
      [id],
    )
  )[0];

export interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  readonly url: string | null;
}

export const messageEvents = (sql: Sql, messageId: string): Promise<EventRow[]> =>
  query<EventRow>(sql, "select id, type, at, url from messaging.delivery_events where message_id = ? order by at", [
    messageId,
  ]);

export interface NewEvent {
  readonly id: string;
  readonly messageId: string;
  readonly sourceId: string;
  readonly type: "opened" | "clicked" | "unsubscribed";
  readonly eventId: string;
  readonly url: string | null;
  readonly userAgent: string | null;
  readonly addressHash: string | null;
  readonly at: Date;
}

/** Adds an event once per `eventId`; true when it was new. */
export const insertEvent = async (trx: Trx, event: NewEvent): Promise<boolean> => {
  const rows = await query(
    trx,
    `insert into messaging.delivery_events (id, message_id, source_id, type, provider, provider_event_id, url, user_agent, address_hash, at)
     values (?, ?, ?, ?, 'tracking', ?, ?, ?, ?, ?) on conflict (provider, provider_event_id) do nothing returning id`,
    [
      event.id,
      event.messageId,
      event.sourceId,
      event.type,
      event.eventId,
      event.url,
      event.userAgent,
      event.addressHash,
      event.at,
    ],
  );
  return rows.length > 0;
};

/** Makes the ledger's partitions for this and the next months. */
export const makePartitions = async (sql: Sql, months: number): Promise<void> => {
  await query(
    sql,
    "select messaging.make_partition((date_trunc('month', now() at time zone 'UTC') + make_interval(months => n))::date) from generate_series(0, ?) n",
    [months],
  );
};
