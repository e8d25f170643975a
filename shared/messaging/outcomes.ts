// What became of messages that were handed over, written in group commits, each a compare-and-set on its attempt.
// Our own late word counts even after the lease ran out and the row became `unknown`, or was queued again for that: it is
// the same attempt's.
import type { ConsentChannel } from "../consent/consents.ts";
import { suppress } from "../consent/suppressions.ts";
import { type Db, query, type Sql } from "../db/knex.ts";

/** The provider's word, or what we know without it. */
export type Outcome = Word & {
  /** Which of several providers said it; absent when there is one, named at hand-off. */
  readonly provider?: string;
};

type Word =
  | { readonly kind: "accepted"; readonly providerMessageId: string | null; readonly detail: string | null }
  /** The provider said no for good. `suppress`: the address itself is dead (hard bounce). */
  | { readonly kind: "rejected"; readonly detail: string; readonly suppress: boolean }
  /** It did not take it, and trying again later may help: costs an attempt. */
  | { readonly kind: "transient"; readonly detail: string }
  /** It asked us to slow down: costs no attempt. */
  | { readonly kind: "throttled"; readonly detail: string; readonly retryAfterMs: number }
  /** We never made the call. */
  | { readonly kind: "not_sent"; readonly detail: string }
  /** Handed over, and no answer came. */
  | { readonly kind: "unknown"; readonly detail: string };

export interface MessageOutcome {
  readonly id: string;
  readonly attemptId: string;
  readonly sourceId: string;
  readonly attempts: number;
  readonly address: string;
  readonly outcome: Outcome;
  /** When it was known, for accepted_at. */
  readonly at: Date;
}

export interface OutcomePolicy {
  /** Tries of a message before it counts as failed. */
  readonly maxAttempts: number;
  /** Milliseconds until the next try after attempt n (1-based). */
  readonly backoffMs: (attempt: number) => number;
}

interface Row {
  readonly id: string;
  readonly attempt_id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly pid: string | null;
  readonly provider: string | null;
  /** Milliseconds until it may be tried again, if it is. */
  readonly delay: number | null;
  /** It may be tried again. */
  readonly more: boolean;
  readonly refund: number;
  readonly accepted_at: string | null;
}

const LONGEST_DETAIL = 500;
/** A provider's words as Postgres takes them: without NUL, and without half characters where they were cut. */
export const storable = (text: string): string =>
  text
    .slice(0, LONGEST_DETAIL * 2)
    .replaceAll("\0", "")
    .slice(0, LONGEST_DETAIL)
    .toWellFormed();

const rowOf = ({ id, attemptId, attempts, outcome, at }: MessageOutcome, policy: OutcomePolicy): Row => {
  const provider = outcome.provider ?? null;
  const more = attempts < policy.maxAttempts;
  const base = { id, attempt_id: attemptId, pid: null, provider, delay: null, more, refund: 0, accepted_at: null };
  const detail = outcome.detail === null ? null : storable(outcome.detail);
  switch (outcome.kind) {
    case "accepted":
      return {
        ...base,
        state: "accepted",
        reason: null,
        detail: outcome.providerMessageId === null ? detail : null,
        pid: outcome.providerMessageId === null ? null : storable(outcome.providerMessageId),
        accepted_at: at.toISOString(),
      };
    case "rejected":
      return {
        ...base,
        state: outcome.suppress ? "bounced" : "failed",
        reason: outcome.suppress ? "hard_bounce" : "rejected",
        detail,
      };
    case "transient":
      return more
        ? { ...base, state: "queued", reason: null, detail, delay: Math.ceil(policy.backoffMs(attempts)) }
        : { ...base, state: "failed", reason: "gave_up", detail };
    case "throttled":
      return { ...base, state: "queued", reason: null, detail, delay: Math.ceil(outcome.retryAfterMs), refund: 1 };
    case "not_sent":
      return { ...base, state: "queued", reason: null, detail: null, delay: 0, refund: 1 };
    case "unknown":
      return { ...base, state: "unknown", reason: "no_answer", detail, delay: Math.ceil(policy.backoffMs(attempts)) };
  }
};

/** Writes outcomes and suppresses addresses that are dead, in one transaction. Returns the ids of those that counted. */
export const recordOutcomes = async (
  db: Db,
  channel: ConsentChannel,
  outcomes: readonly MessageOutcome[],
  policy: OutcomePolicy,
): Promise<ReadonlySet<string>> => {
  const rows = outcomes.map((outcome) => rowOf(outcome, policy));
  const dead = outcomes.filter(({ outcome }) => outcome.kind === "rejected" && outcome.suppress);
  if (dead.length === 0) return writeOutcomes(db, rows);
  return db.transaction(async (trx) => {
    await suppress(
      trx,
      dead.map(({ address, id }) => ({ channel, address, reason: "hard_bounce", messageId: id })),
    );
    return writeOutcomes(trx, rows);
  });
};

const writeOutcomes = async (db: Sql, rows: readonly Row[]): Promise<ReadonlySet<string>> => {
  const changed = await query<{ id: string }>(
    db,
    `with told as (
       select * from jsonb_to_recordset(?::jsonb) as o(id uuid, attempt_id uuid, state text, reason text, detail text, pid text, provider text, delay int, more boolean, refund int, accepted_at timestamptz))
     update messaging.messages m set
       state = case when t.state = 'queued' and d.status = 'cancelled' then 'cancelled' when o.again then 'queued' else t.state end,
       reason = case when t.state = 'queued' and d.status = 'cancelled' then 'campaign_cancelled' when not o.again then t.reason end, detail = t.detail, provider = coalesce(t.provider, m.provider),
       provider_message_id = coalesce(t.pid, m.provider_message_id),
       accepted_at = coalesce(t.accepted_at, m.accepted_at), attempts = greatest(m.attempts - t.refund, 0),
       not_before = case when t.delay is null then m.not_before else now() + make_interval(secs => t.delay / 1000.0) end,
       attempt_id = case when t.state = 'queued' or o.again then null else m.attempt_id end,
       lease_until = null, updated_at = now()
     from told t, messaging.dispatches d,
       -- An alert is handed over again, a few times: better twice than not at all.
       lateral (select t.state = 'unknown' and d.lane = 'alert' and t.more as again) o
     where m.id = t.id and m.attempt_id = t.attempt_id and d.source_id = m.source_id
       and (m.state in ('handing_off', 'unknown')
         -- Queued again for want of a word, and not taken up yet: the word decides after all.
         or (m.state = 'queued' and t.state <> 'unknown')
         -- It could not be written down that it would be handed over.
         or (m.state = 'claimed' and t.state = 'queued'))
     returning m.id`,
    [JSON.stringify(rows)],
  );
  return new Set(changed.map(({ id }) => id));
};
