// What a dead or frozen sender left behind: claims go back to the queue, hand-overs without a word become `unknown`.
// With plain SMTP an alert is handed over again, a few times (better twice than not at all); of marketing the operator decides.
import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../broker/deps.ts";
import { query, type Sql } from "../db/knex.ts";

export interface Swept {
  readonly requeued: number;
  readonly unknown: number;
  /** Sources that lost rows to either, so that they can be finished. */
  readonly sources: readonly string[];
}

const batch = 1_000;
const everyMs = 2_000;

/** Sweeps leases that ran out, of one channel, at most 1,000 at a time. An alert is tried `maxAttempts` times. */
export const sweepLeases = async (db: Sql, channel: string, maxAttempts: number): Promise<Swept> => {
  const rows = await query<{ source_id: string; state: string }>(
    db,
    `with over as (
       select m.id, m.state = 'handing_off' and (d.lane <> 'alert' or m.attempts >= ?) as lost, m.state = 'claimed' as held,
         m.updated_at as at, d.channel, d.sender_account_id
       from messaging.messages m join messaging.dispatches d on d.source_id = m.source_id
       where m.phase = 1 and m.lease_until < now() and m.channel = ?
       limit ${batch} for update of m skip locked),
     -- What was only claimed counts for no day. Where the account was changed since, nobody knows what it counted for.
     given_back as (
       update messaging.sender_days s set taken = greatest(0, s.taken - c.n)
       from (select a.id as account_id, (h.at at time zone 'UTC')::date as day, count(*)::int as n
             from over h join messaging.sender_accounts a on a.id = coalesce(h.sender_account_id,
               (select id from messaging.sender_accounts where channel = h.channel and is_default))
             where h.held and a.updated_at < h.at group by 1, 2) c
       where s.account_id = c.account_id and s.day = c.day)
     update messaging.messages m set
       state = case
         when o.lost then 'unknown'
         when d.status = 'cancelled' and o.held then 'cancelled'
         else 'queued' end,
       reason = case when o.lost then 'no_answer' when d.status = 'cancelled' and o.held then 'campaign_cancelled' end,
       detail = case when o.lost then 'The process that handed it over ended before the answer was written down' end,
       attempts = case when o.held then greatest(m.attempts - 1, 0) else m.attempts end,
       attempt_id = case when not o.held then m.attempt_id end, lease_until = null, updated_at = now()
     from over o, messaging.dispatches d
     where m.id = o.id and d.source_id = m.source_id
     returning m.source_id, m.state`,
    [maxAttempts, channel],
  );
  return {
    requeued: rows.filter((row) => row.state === "queued").length,
    unknown: rows.filter((row) => row.state === "unknown").length,
    sources: [...new Set(rows.map((row) => row.source_id))],
  };
};

export interface SweepOptions {
  readonly channel: string;
  readonly policy: { readonly maxAttempts: number };
}

/** Sweeps every two seconds until the signal; `touched` hears which sources lost rows. Postgres being away is a pause. */
export const keepSweeping = async (
  deps: Deps,
  { channel, policy }: SweepOptions,
  touched: (sourceIds: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      const swept = await sweepLeases(deps.db, channel, policy.maxAttempts);
      if (swept.unknown > 0)
        deps.log.warn(
          `${swept.unknown} messages may have been sent: their sender ended before the answer was written down`,
        );
      touched(swept.sources);
    } catch (error) {
      deps.log.debug(`sweep waits: ${(error as Error).message}`);
    }
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
};

/** Ends queued messages of a cancelled source, at most 5,000 at a time. Returns how many. */
export const cancelQueued = async (db: Sql, sourceId: string): Promise<number> => {
  const rows = await query<{ id: string }>(
    db,
    `with open as (select id from messaging.messages where source_id = ? and phase = 0 limit 5000 for update skip locked)
     update messaging.messages m set state = 'cancelled', reason = 'campaign_cancelled', updated_at = now() from open o where m.id = o.id returning m.id`,
    [sourceId],
  );
  return rows.length;
};
