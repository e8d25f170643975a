// Rows of the ledger one by one, their delivery events, and the partitions they lie in. Pages of them: message-search.ts.
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

/** Columns of a row over `messaging.messages m left join messaging.dispatches d`. */
export const messageColumns = `m.id, m.source, m.source_id, m.contact_id, m.channel, m.address, m.state, m.reason, m.detail, m.provider, m.provider_message_id,
  m.attempts, m.vars, coalesce(m.content_id, d.content_id) as content_id, m.created_at, m.accepted_at, m.updated_at`;

export const findMessage = async (sql: Sql, id: string): Promise<MessageRow | undefined> =>
  (
    await query<MessageRow>(
      sql,
      `select ${messageColumns}
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

/** Events of many messages, by message id, oldest first. */
export const messagesEvents = async (
  sql: Sql,
  messageIds: readonly string[],
): Promise<ReadonlyMap<string, readonly (EventRow & { readonly user_agent: string | null })[]>> => {
  const rows = await query<EventRow & { message_id: string; user_agent: string | null }>(
    sql,
    `select message_id, id, type, at, url, user_agent from messaging.delivery_events
     where message_id = any(?::uuid[]) order by message_id, at`,
    [[...messageIds]],
  );
  return Map.groupBy(rows, (row) => row.message_id);
};

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
