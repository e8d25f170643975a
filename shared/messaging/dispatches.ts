// Dispatches: one row per source that sends, with its channel, lane, rate and permission to go on.
// Changes raise the pause epoch in Redis, which senders look at before each group, so they hold within a second.
import type { Redis } from "ioredis";
import { traceparent } from "../broker/tracing.ts";
import { query, type Sql, type Trx } from "../db/knex.ts";
import { soon } from "./soon.ts";

/** In the order of precedence. */
export const lanes = ["alert", "transactional", "reply", "newsletter", "campaign"] as const;
export type SendLane = (typeof lanes)[number];
export type DispatchStatus = "running" | "paused" | "cancelled" | "done";

export interface Dispatch {
  readonly source: string;
  readonly sourceId: string;
  readonly lane: SendLane;
  readonly status: DispatchStatus;
  readonly ratePerSecond: number | null;
  readonly contentId: string | null;
  readonly bulk: boolean;
  /** The W3C trace in which its sending began. */
  readonly trace: string | null;
  readonly sender: SenderAccount;
}

export interface SenderAccount {
  readonly id: string;
  readonly fromName: string;
  readonly fromAddress: string;
  readonly replyTo: string | null;
  readonly postalAddress: string | null;
  readonly ratePerSecond: number | null;
  /** Messages per calendar day in UTC, over all processes; null: no limit. */
  readonly dailyLimit: number | null;
}

/** Fixed dispatches for single messages. */
export const singleDispatch = {
  transactional: "00000000-0000-7000-8000-000000000001",
  alert: "00000000-0000-7000-8000-000000000002",
  /** Test mails of sender accounts. Always paused, so that no sender takes them: a job hands each over. */
  test: "00000000-0000-7000-8000-000000000003",
} as const;

export interface NewDispatch {
  readonly source: "campaign" | "newsletter" | "timeline";
  readonly sourceId: string;
  readonly channel: "email" | "sms" | "call";
  readonly lane: SendLane;
  readonly status: DispatchStatus;
  readonly ratePerSecond: number | null;
  readonly contentId: string;
}

/** Creates the dispatch of a source; one that exists stays as it is. */
export const addDispatch = async (trx: Trx, dispatch: NewDispatch): Promise<void> => {
  await query(
    trx,
    `insert into messaging.dispatches (source, source_id, channel, lane, status, rate_per_second, content_id, bulk, trace)
     values (?, ?, ?, ?, ?, ?, ?, true, ?) on conflict (source_id) do nothing`,
    [
      dispatch.source,
      dispatch.sourceId,
      dispatch.channel,
      dispatch.lane,
      dispatch.status,
      dispatch.ratePerSecond,
      dispatch.contentId,
      traceparent() ?? null,
    ],
  );
};

/** Sets a dispatch's status in the caller's transaction; call `raisePauseEpoch` after the commit. */
export const setDispatchStatus = async (trx: Trx, sourceId: string, status: DispatchStatus): Promise<void> => {
  await query(trx, "update messaging.dispatches set status = ?, updated_at = now() where source_id = ?", [
    status,
    sourceId,
  ]);
};

const EPOCH = "lc:pause-epoch";

/** Tells every sender to read the dispatches again. Losing it costs a second: senders read them each second anyway. */
export const raisePauseEpoch = async (redis: Redis): Promise<void> => {
  await soon(redis, () => redis.incr(EPOCH)).catch(() => undefined);
};

/** The pause epoch; null when Redis has lost it or is away. */
export const readPauseEpoch = (redis: Redis): Promise<string | null> =>
  soon(redis, () => redis.get(EPOCH)).catch(() => null);

const queueOf = { email: "emails", sms: "sms", call: "calls" } as const;

/** The dispatches of a channel that send (none while its queue is held), in the order of their lanes, each with its sender account. */
export const runningDispatches = (db: Sql, channel: keyof typeof queueOf): Promise<Dispatch[]> =>
  query<Dispatch>(
    db,
    `select d.source, d.source_id as "sourceId", d.lane, d.status, d.rate_per_second as "ratePerSecond", d.content_id as "contentId", d.bulk, d.trace,
       json_build_object('id', a.id, 'fromName', a.from_name, 'fromAddress', a.from_address, 'replyTo', a.reply_to,
         'postalAddress', a.postal_address, 'ratePerSecond', a.rate_per_second, 'dailyLimit', a.daily_limit) as sender
     from messaging.dispatches d
     join messaging.sender_accounts a on a.id = coalesce(d.sender_account_id, (select id from messaging.sender_accounts where channel = d.channel and is_default))
     where d.channel = ? and d.status = 'running' and not exists (select from jobs.holds where kind = 'queue' and name = ?)
     order by array_position(array['alert', 'transactional', 'reply', 'newsletter', 'campaign'], d.lane), d.created_at`,
    [channel, queueOf[channel]],
  );
