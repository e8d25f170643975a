// Counts over everything that was sent lately. Ids of messages and events begin with the time, so two weeks are one
// stretch of the primary key: older months are not touched, and no index is kept only for this.
import { query, type Sql } from "../db/knex.ts";
import { personSql } from "../db/scope-sql.ts";
import type { Scope } from "../lib/scope.ts";

export interface Counts {
  readonly sent: number;
  readonly delivered: number;
  readonly bounced: number;
  readonly failed: number;
  /** Messages that a person opened, or clicked in. */
  readonly opens: number;
  readonly clicks: number;
}

export interface PeriodCounts {
  readonly today: readonly { channel: "email" | "sms" | "call"; sent: number }[];
  readonly period: Counts;
  readonly previous: Counts;
}

export interface Periods {
  readonly now: Date;
  /** Where the day began. */
  readonly today: Date;
  /** Length of the period and of the one before it. */
  readonly days: number;
  /** Whose messages count. */
  readonly scope: Scope;
}

interface Row {
  readonly channel: "email" | "sms" | "call";
  readonly recent: boolean;
  readonly today: number;
  readonly sent: number;
  readonly delivered: number;
  readonly bounced: number;
  readonly failed: number;
}

/** The least version 7 id of a moment. */
const firstId = (at: Date): string => {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

const DAY = 86_400_000;

/** Counts messages by the day they came into the ledger, and what people did with them by the day they did it. */
export const countPeriods = async (sql: Sql, { now, today, days, scope }: Periods): Promise<PeriodCounts> => {
  const middle = new Date(now.getTime() - days * DAY);
  const start = new Date(now.getTime() - 2 * days * DAY);
  const theirs = personSql(scope, "messages.contact_id");
  const rows = await query<Row>(
    sql,
    `select channel, id >= ?::uuid as recent,
       count(*) filter (where accepted_at >= ?)::int as today,
       count(*) filter (where accepted_at is not null)::int as sent,
       count(*) filter (where state = 'delivered')::int as delivered,
       count(*) filter (where state = 'bounced')::int as bounced,
       count(*) filter (where state = 'failed')::int as failed
     from messaging.messages where id >= ?::uuid${theirs.sql} group by 1, 2`,
    [firstId(middle), today, firstId(start), ...theirs.values],
  );
  const opened = personSql(scope, "m.contact_id");
  const ofTheirs = scope
    ? ` and exists (select 1 from messaging.messages m where m.id = delivery_events.message_id${opened.sql})`
    : "";
  const seen = await query<{ type: string; recent: boolean; n: number }>(
    sql,
    `select type, at >= ? as recent, count(distinct message_id)::int as n from messaging.delivery_events
     where id >= ?::uuid and at >= ? and type in ('opened', 'clicked') and human is not false${ofTheirs} group by 1, 2`,
    [middle, firstId(start), start, ...opened.values],
  );
  const countsOf = (recent: boolean): Counts => {
    const own = rows.filter((row) => row.recent === recent);
    const sum = (field: "sent" | "delivered" | "bounced" | "failed") =>
      own.reduce((total, row) => total + row[field], 0);
    const people = (type: string) => seen.find((row) => row.type === type && row.recent === recent)?.n ?? 0;
    return {
      sent: sum("sent"),
      delivered: sum("delivered"),
      bounced: sum("bounced"),
      failed: sum("failed"),
      opens: people("opened"),
      clicks: people("clicked"),
    };
  };
  const channels = [...new Set(rows.map((row) => row.channel))].sort();
  return {
    today: channels.map((channel) => ({
      channel,
      sent: rows.filter((row) => row.channel === channel).reduce((total, row) => total + row.today, 0),
    })),
    period: countsOf(true),
    previous: countsOf(false),
  };
};

/** Messages to people within the scope that may have been sent, of these sources; a source without any is not in the map. */
export const unknownBySource = async (
  sql: Sql,
  sources: readonly string[],
  scope: Scope,
): Promise<ReadonlyMap<string, number>> => {
  const theirs = personSql(scope, "messages.contact_id");
  const rows = await query<{ id: string; n: number }>(
    sql,
    `select source_id as id, count(*)::int as n from messaging.messages
     where source_id = any(?::uuid[]) and phase = 2 and state = 'unknown'${theirs.sql} group by source_id`,
    [[...sources], ...theirs.values],
  );
  return new Map(rows.map(({ id, n }) => [id, n]));
};
