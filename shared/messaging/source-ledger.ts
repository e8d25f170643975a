// The ledger of one source: what is open, counts by state and event, and the operator's retry and resolve.
import { query, type Sql, type Trx } from "../db/knex.ts";
import { personSql } from "../db/scope-sql.ts";
import type { Scope } from "../lib/scope.ts";

export interface OpenMessages {
  /** Anything is still on its way. */
  readonly open: boolean;
  /** Anything may have been sent without a word. */
  readonly unknown: boolean;
}

/** Whether anything of a source is still on its way, and whether anything may have been sent without a word. */
export const openMessages = async (sql: Sql, sourceId: string): Promise<OpenMessages> => {
  const [row] = await query<OpenMessages>(
    sql,
    `select exists (select 1 from messaging.messages where source_id = ? and phase = 0)
         or exists (select 1 from messaging.messages where source_id = ? and phase = 1) as open,
       exists (select 1 from messaging.messages where source_id = ? and phase = 2 and state = 'unknown') as unknown`,
    [sourceId, sourceId, sourceId],
  );
  return row as OpenMessages;
};

export interface StateCount {
  readonly state: string;
  readonly reason: string | null;
  readonly n: number;
}

export const countStates = (sql: Sql, sourceId: string): Promise<StateCount[]> =>
  query<StateCount>(
    sql,
    "select state, reason, count(*)::int as n from messaging.messages where source_id = ? group by state, reason",
    [sourceId],
  );

export interface EventCount {
  readonly type: string;
  readonly people: number;
  readonly human: number;
}

/** People (messages) per kind of event, and how many of them nobody holds for a machine. */
export const countEvents = (sql: Sql, sourceId: string): Promise<EventCount[]> =>
  query<EventCount>(
    sql,
    `select type, count(distinct message_id)::int as people, count(distinct message_id) filter (where human is not false)::int as human
     from messaging.delivery_events where source_id = ? group by type`,
    [sourceId],
  );

export interface Retried {
  readonly ids: readonly string[] | undefined;
  readonly reason: string | undefined;
  /** Nothing is sent to people who are elsewhere by now. */
  readonly scope: Scope;
}

/** Queues failed messages again. Returns how many. */
export const retryFailed = async (trx: Trx, sourceId: string, { ids, reason, scope }: Retried): Promise<number> => {
  const theirs = personSql(scope, "messages.contact_id");
  const rows = await query<{ id: string }>(
    trx,
    `update messaging.messages set state = 'queued', reason = null, attempts = 0, not_before = now(), attempt_id = null, lease_until = null, updated_at = now()
     where source_id = ? and phase = 2 and state = 'failed' and reason is distinct from 'unknown_closed'
       and (?::uuid[] is null or id = any(?::uuid[])) and (?::text is null or reason = ?)${theirs.sql} returning id`,
    [sourceId, ids ? [...ids] : null, ids ? [...ids] : null, reason ?? null, reason ?? null, ...theirs.values],
  );
  return rows.length;
};

export interface Resolved {
  readonly ids: readonly string[] | undefined;
  readonly action: "resend" | "close";
  /** Nothing is sent again to people who are elsewhere by now. */
  readonly scope: Scope;
}

/** Decides over messages that may have been sent: queues them again, or closes them as failed. Returns how many. */
export const resolveUnknown = async (trx: Trx, sourceId: string, { ids, action, scope }: Resolved): Promise<number> => {
  const theirs = personSql(action === "resend" ? scope : undefined, "messages.contact_id");
  const set =
    action === "resend"
      ? // The attempt stays known: a late word that it was taken after all still counts, until it is handed over again.
        "state = 'queued', reason = null, detail = null, attempts = 0, not_before = now()"
      : "state = 'failed', reason = 'unknown_closed'";
  const rows = await query<{ id: string }>(
    trx,
    `update messaging.messages set ${set}, lease_until = null, updated_at = now()
     where source_id = ? and phase = 2 and state = 'unknown' and (?::uuid[] is null or id = any(?::uuid[]))${theirs.sql} returning id`,
    [sourceId, ids ? [...ids] : null, ids ? [...ids] : null, ...theirs.values],
  );
  return rows.length;
};

/** True when the source has any message to people within the scope. */
export const anyMessage = async (sql: Sql, sourceId: string, scope: Scope): Promise<boolean> => {
  const theirs = personSql(scope, "messages.contact_id");
  const rows = await query(sql, `select 1 from messaging.messages where source_id = ?${theirs.sql} limit 1`, [
    sourceId,
    ...theirs.values,
  ]);
  return rows.length > 0;
};
