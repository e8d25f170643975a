// The ledger of one source: what is open, counts by state and event, and the operator's retry and resolve.
import { query, type Sql, type Trx } from "../db/knex.ts";

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

/** Queues failed messages again. Returns how many. */
export const retryFailed = async (
  trx: Trx,
  sourceId: string,
  ids: readonly string[] | undefined,
  reason: string | undefined,
): Promise<number> => {
  const rows = await query<{ id: string }>(
    trx,
    `update messaging.messages set state = 'queued', reason = null, attempts = 0, not_before = now(), attempt_id = null, lease_until = null, updated_at = now()
     where source_id = ? and phase = 2 and state = 'failed' and reason is distinct from 'unknown_closed'
       and (?::uuid[] is null or id = any(?::uuid[])) and (?::text is null or reason = ?) returning id`,
    [sourceId, ids ? [...ids] : null, ids ? [...ids] : null, reason ?? null, reason ?? null],
  );
  return rows.length;
};

/** Decides over messages that may have been sent: queues them again, or closes them as failed. Returns how many. */
export const resolveUnknown = async (
  trx: Trx,
  sourceId: string,
  ids: readonly string[] | undefined,
  action: "resend" | "close",
): Promise<number> => {
  const set =
    action === "resend"
      ? "state = 'queued', reason = null, detail = null, attempts = 0, not_before = now(), attempt_id = null"
      : "state = 'failed', reason = 'unknown_closed'";
  const rows = await query<{ id: string }>(
    trx,
    `update messaging.messages set ${set}, lease_until = null, updated_at = now()
     where source_id = ? and phase = 2 and state = 'unknown' and (?::uuid[] is null or id = any(?::uuid[])) returning id`,
    [sourceId, ids ? [...ids] : null, ids ? [...ids] : null],
  );
  return rows.length;
};

/** True when the source has any message. */
export const anyMessage = async (sql: Sql, sourceId: string): Promise<boolean> =>
  (await query(sql, "select 1 from messaging.messages where source_id = ? limit 1", [sourceId])).length > 0;
