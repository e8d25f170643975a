// The statements behind feedback.ts: which rows it is about, its events, the states that follow, and the history of an
// address. Each takes any number of rows.
import { query, type Sql, type Trx } from "../db/knex.ts";
import { type SoftBounce, softBouncePolicy } from "../lib/soft-bounces.ts";

/** Which message something is about: our own id where it came back, else the provider's. */
export interface MessageRef {
  readonly messageId: string | null;
  readonly providerMessageId: string | null;
}

export interface FoundMessage {
  readonly n: number;
  readonly id: string;
  readonly state: string;
  readonly source: string;
  readonly sourceId: string;
  readonly contactId: string | null;
  readonly channel: "email" | "sms" | "call";
  readonly address: string | null;
}

/** Rows of the ledger, locked in the order of their ids; `n` is the place in `refs`. Unknown ones are left out. */
export const lockMessages = (trx: Trx, refs: readonly MessageRef[]): Promise<FoundMessage[]> =>
  query<FoundMessage>(
    trx,
    `with told as materialized (
       select t.n, coalesce(
         (select m.id from messaging.messages m where m.id = t.message_id),
         (select m.id from messaging.messages m
          where length(m.provider_message_id) >= 20 and m.provider_message_id = t.pid order by m.id desc limit 1)) as id
       from jsonb_to_recordset(?::jsonb) as t (n int, message_id uuid, pid text))
     select t.n, m.id, m.state, m.source, m.source_id as "sourceId", m.contact_id as "contactId", m.channel, m.address
     from told t join messaging.messages m on m.id = t.id order by m.id for update of m`,
    [
      JSON.stringify(
        refs.map(({ messageId, providerMessageId }, n) => ({ n, message_id: messageId, pid: providerMessageId })),
      ),
    ],
  );

export interface FeedbackEvent {
  readonly id: string;
  readonly messageId: string;
  readonly sourceId: string;
  readonly type: "delivered" | "bounced" | "complained" | "unsubscribed";
  readonly eventId: string;
  readonly bounce: "hard" | "soft" | null;
  readonly at: Date;
}

/** Adds events that are new. Returns their event ids. */
export const insertFeedbackEvents = async (
  trx: Trx,
  provider: string,
  events: readonly FeedbackEvent[],
): Promise<ReadonlySet<string>> => {
  if (events.length === 0) return new Set();
  const rows = await query<{ provider_event_id: string }>(
    trx,
    `insert into messaging.delivery_events (id, message_id, source_id, type, provider, provider_event_id, bounce, at)
     select e.id, e."messageId", e."sourceId", e.type, ?, e."eventId", e.bounce, e.at
     from jsonb_to_recordset(?::jsonb) as e
       (id uuid, "messageId" uuid, "sourceId" uuid, type text, "eventId" text, bounce text, at timestamptz)
     order by e."eventId" on conflict (provider, provider_event_id) do nothing returning provider_event_id`,
    [provider, JSON.stringify(events)],
  );
  return new Set(rows.map((row) => row.provider_event_id));
};

export interface NewState {
  readonly id: string;
  readonly state: "accepted" | "delivered" | "bounced";
  readonly reason: "hard_bounce" | "soft_bounce" | null;
  /** The server's words, where there are any. */
  readonly detail: string | null;
  readonly at: Date;
}

/** Nobody knew what became of it, and it waits, was queued again, or was closed for that. */
const undecided = "(m.state in ('unknown', 'queued', 'claimed') or m.reason = 'unknown_closed')";

/**
 * Moves rows on, never back: unknown → accepted → delivered → bounced. One that was queued again is not sent again when
 * it turns out to have been taken. A soft bounce may still turn out to be a hard one. Returns the ids of those that moved.
 */
export const advanceStates = async (trx: Trx, states: readonly NewState[]): Promise<ReadonlySet<string>> => {
  if (states.length === 0) return new Set();
  const rows = await query<{ id: string }>(
    trx,
    `update messaging.messages m set state = t.state, reason = t.reason,
       -- Without an address the person was erased, and the server's words name it.
       detail = case when m.address is null then null when ${undecided} or t.detail is not null then t.detail else m.detail end,
       accepted_at = coalesce(m.accepted_at, t.at), lease_until = null, updated_at = now()
     from jsonb_to_recordset(?::jsonb) as t (id uuid, state text, reason text, detail text, at timestamptz)
     where m.id = t.id and (
       (t.state in ('accepted', 'delivered') and ${undecided})
       or (t.state = 'delivered' and m.state = 'accepted')
       or (t.state = 'bounced' and (m.state in ('unknown', 'accepted', 'delivered') or m.reason = 'unknown_closed'))
       or (t.reason = 'hard_bounce' and m.state = 'bounced' and m.reason = 'soft_bounce'))
     returning m.id`,
    [JSON.stringify(states)],
  );
  return new Set(rows.map(({ id }) => id));
};

export interface AddressHistory {
  readonly address: string;
  readonly lastDelivered: Date | null;
  readonly bounces: readonly SoftBounce[];
}

/** Soft bounces of addresses within the policy's time, and when mail last arrived there. */
export const bounceHistory = async (sql: Sql, addresses: readonly string[]): Promise<AddressHistory[]> => {
  if (addresses.length === 0) return [];
  const rows = await query<{
    address: string;
    lastDelivered: Date | null;
    bounces: { messageId: string; at: string }[];
  }>(
    sql,
    `select k.recipient as address, max(e.at) filter (where e.type = 'delivered') as "lastDelivered",
       coalesce(jsonb_agg(jsonb_build_object('messageId', e.message_id, 'at', e.at)) filter (where e.bounce = 'soft'), '[]') as bounces
     from messaging.message_keys k join messaging.delivery_events e on e.message_id = k.message_id
     where k.recipient = any(?::text[]) and k.channel = 'email' and e.type in ('delivered', 'bounced')
       and e.at > now() - make_interval(days => ?)
     group by k.recipient`,
    [[...addresses], softBouncePolicy.withinDays],
  );
  return rows.map(({ bounces, ...row }) => ({
    ...row,
    bounces: bounces.map(({ messageId, at }) => ({ messageId, at: new Date(at) })),
  }));
};
