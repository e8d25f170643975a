// Claims messages for one sender and re-checks, in the same statement, whether each may still be sent.
// Any number of senders may claim at once: rows that another one holds are skipped, never waited for.
import { joinSuppressions } from "../consent/erased-addresses.ts";
import { query, type Sql } from "../db/knex.ts";

export interface ClaimedMessage {
  readonly id: string;
  readonly contactId: string | null;
  readonly address: string;
  readonly vars: Readonly<Record<string, string>> | null;
  readonly contentId: string | null;
  readonly attempts: number;
  /** The W3C trace in which it was asked for; null for those of a campaign. */
  readonly trace: string | null;
}

export interface Claim {
  readonly claimed: readonly ClaimedMessage[];
  /** How many the gate turned into `skipped`. */
  readonly skipped: number;
  /** Where the next claim of this sender may begin, so that a deep queue is not walked again from its start. */
  readonly position: ClaimPosition | null;
}

export interface ClaimPosition {
  readonly notBefore: string;
  readonly id: string;
}

export interface ClaimRequest {
  readonly sourceId: string;
  readonly channel: "email" | "sms" | "call";
  readonly bulk: boolean;
  readonly limit: number;
  readonly attemptId: string;
  readonly leaseSeconds: number;
  readonly after: ClaimPosition | null;
}

/**
 * Takes up to `limit` due messages of a source: `claimed` under `attemptId` and a lease, or `skipped` where the gate
 * says never: suppressed since, consent revoked since (bulk only).
 */
export const claimMessages = async (db: Sql, request: ClaimRequest): Promise<Claim> => {
  const { after } = request;
  // An unsubscribe binds bulk mail only.
  const only = request.bulk ? undefined : { sql: "s.reason <> 'unsubscribed'", bindings: [] };
  const suppressed = joinSuppressions(`'${request.channel}'`, "p.address", only);
  const rows = await query<{
    id: string;
    contactId: string | null;
    address: string;
    vars: Record<string, string> | null;
    contentId: string | null;
    attempts: number;
    trace: string | null;
    state: string;
    notBefore: string;
  }>(
    db,
    `with picked as materialized (
       select id, contact_id, address, not_before from messaging.messages
       where source_id = ? and phase = 0 and not_before <= now() and channel = ?
         ${after ? "and (not_before, id) > (?::timestamptz, ?::uuid)" : ""}
       order by not_before, id limit ? for update skip locked),
     judged as (
       select p.id, p.not_before,
         case
           when p.address is null then 'no_address'
           when ${suppressed.reason} in ('hard_bounce', 'soft_bounces') then 'bounced_before'
           when ${suppressed.reason} is not null then 'suppressed'
           when ? and p.contact_id is not null and k.${request.channel} is distinct from 'granted' then 'no_consent'
         end as reason
       from picked p
       ${suppressed.joins.sql}
       left join consent.current k on k.contact_id = p.contact_id)
     update messaging.messages m
     set state = case when j.reason is null then 'claimed' else 'skipped' end, reason = j.reason, updated_at = now(),
       attempts = m.attempts + case when j.reason is null then 1 else 0 end,
       attempt_id = case when j.reason is null then ?::uuid end,
       lease_until = case when j.reason is null then now() + make_interval(secs => ?) end
     from judged j where m.id = j.id
     returning m.id, m.contact_id as "contactId", m.address, m.vars, m.content_id as "contentId", m.attempts, m.trace, m.state, j.not_before::text as "notBefore"`,
    [
      request.sourceId,
      request.channel,
      ...(after ? [after.notBefore, after.id] : []),
      request.limit,
      request.bulk,
      ...suppressed.joins.bindings,
      request.attemptId,
      request.leaseSeconds,
    ],
  );
  const claimed = rows.filter((row) => row.state === "claimed");
  let last: ClaimPosition | null = null;
  for (const row of rows)
    if (!last || row.notBefore > last.notBefore || (row.notBefore === last.notBefore && row.id > last.id))
      last = { notBefore: row.notBefore, id: row.id };
  return { claimed, skipped: rows.length - claimed.length, position: rows.length < request.limit ? null : last };
};

/**
 * Gives claimed messages back: nothing has left the building. Those of a cancelled source become `cancelled`. Returns how
 * many were still ours to give.
 */
export const releaseClaimed = async (
  db: Sql,
  ids: readonly string[],
  attemptId: string,
  notBefore?: Date,
): Promise<number> => {
  if (ids.length === 0) return 0;
  const rows = await query(
    db,
    `update messaging.messages m
     set state = case when d.status = 'cancelled' then 'cancelled' else 'queued' end,
       reason = case when d.status = 'cancelled' then 'campaign_cancelled' end, attempt_id = null, lease_until = null,
       attempts = greatest(m.attempts - 1, 0), not_before = coalesce(?::timestamptz, m.not_before), updated_at = now()
     from messaging.dispatches d
     where m.id = any(?::uuid[]) and m.state = 'claimed' and m.attempt_id = ?::uuid and d.source_id = m.source_id returning 1`,
    [notBefore ?? null, [...ids], attemptId],
  );
  return rows.length;
};

/** Ends claimed messages that must not be sent, with the reason. */
export const skipClaimed = async (
  db: Sql,
  ids: readonly string[],
  attemptId: string,
  reason: string,
): Promise<void> => {
  if (ids.length === 0) return;
  await query(
    db,
    `update messaging.messages set state = 'skipped', reason = ?, attempt_id = null, lease_until = null, updated_at = now()
     where id = any(?::uuid[]) and state = 'claimed' and attempt_id = ?::uuid`,
    [reason, [...ids], attemptId],
  );
};

/**
 * Commits that these messages are about to be handed over, renewing their lease. Returns the ids that are still ours;
 * the others went to somebody else or were cancelled, and must not be sent.
 */
export const commitHandOff = async (
  db: Sql,
  ids: readonly string[],
  attemptIds: readonly string[],
  provider: string,
  leaseSeconds: number,
): Promise<ReadonlySet<string>> => {
  const rows = await query<{ id: string }>(
    db,
    `update messaging.messages m set state = 'handing_off', provider = ?, lease_until = now() + make_interval(secs => ?), updated_at = now()
     from unnest(?::uuid[], ?::uuid[]) as o(id, attempt_id)
     where m.id = o.id and m.attempt_id = o.attempt_id and m.state = 'claimed' returning m.id`,
    [provider, leaseSeconds, [...ids], [...attemptIds]],
  );
  return new Set(rows.map((row) => row.id));
};
