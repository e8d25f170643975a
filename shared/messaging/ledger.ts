// The one door to the ledger: whatever asks for a message comes in here, and gets at most one row per person and step.
// Keys are inserted first; a row appears only for a key that was new, in the same statement and the caller's transaction.
import { note } from "../broker/debug-log.ts";
import { traceparent } from "../broker/tracing.ts";
import { joinSuppressions } from "../consent/erased-addresses.ts";
import { type Db, query, type Trx } from "../db/knex.ts";
import { type JudgeOptions, judgedAudience } from "./audience.ts";

export interface BulkRequest {
  readonly source: "campaign" | "newsletter" | "timeline" | "alert";
  readonly sourceId: string;
  readonly step: string;
  /** Rows that can be sent begin in this state; `cancelled` completes the ledger of a cancelled campaign. */
  readonly initialState: "queued" | "cancelled";
  /** When the first may go; per row shifted to the recipient's time zone when `perTimezone`. */
  readonly notBefore: Date;
  readonly perTimezone: boolean;
}

export interface ChunkResult {
  /** Members of the audience in this chunk, whether new to the ledger or not. */
  readonly seen: number;
  /** Where the next chunk starts; null when this was the last. */
  readonly last: string | null;
}

/** The wall-clock time of `notBefore` (as read in UTC), but in the recipient's own zone; an unknown zone counts as UTC. */
const notBeforeSql = (perTimezone: boolean) =>
  perTimezone
    ? "coalesce(((?::timestamptz at time zone 'UTC') at time zone (select z.name from zones z where z.name = a.timezone)), ?::timestamptz)"
    : "?::timestamptz";

/** Held shared while a chunk is added; any number that nothing else locks. */
const addingChunks = 5_206_110;

/**
 * Resolves when every chunk that is being added right now is there to be seen. For those who erase a person: a chunk that
 * begins later does not find them any more.
 */
export const chunksAdded = (db: Db): Promise<void> =>
  db.transaction(async (trx) => {
    await query(trx, "select pg_advisory_xact_lock(?::bigint)", [addingChunks]);
  });

/**
 * Adds the next `limit` members of an audience to the ledger, in the order of their ids, those who are left out as
 * `skipped` with the reason. Repeating a chunk changes nothing.
 */
export const addAudienceChunk = async (
  trx: Trx,
  request: BulkRequest,
  judge: JudgeOptions,
  after: string | null,
  limit: number,
): Promise<ChunkResult> => {
  await query(trx, "select pg_advisory_xact_lock_shared(?::bigint)", [addingChunks]);
  const audience = judgedAudience(judge, { after, limit });
  const when = notBeforeSql(request.perTimezone);
  const whenBindings = request.perTimezone ? [request.notBefore, request.notBefore] : [request.notBefore];
  const rows = await query<{ seen: string; added: string; last: string | null }>(
    trx,
    `with ${request.perTimezone ? "zones as materialized (select name from pg_timezone_names)," : ""}
     audience as materialized (${audience.sql}),
     keys as (
       insert into messaging.message_keys (source, source_id, step, channel, contact_id, address, recipient, message_id)
       select ?, ?::uuid, ?, ?, contact_id, case when reason is null then address end, address, make_uuid7() from audience
       on conflict do nothing
       returning contact_id, message_id),
     added as (
       insert into messaging.messages (id, source, source_id, step, channel, contact_id, address, state, reason, not_before, vars)
       select k.message_id, ?, ?::uuid, ?, ?, a.contact_id, a.address, case when a.reason is null then ? else 'skipped' end, coalesce(a.reason, ?),
         ${when}, case when a.reason is null then a.vars end
       from keys k join audience a on a.contact_id = k.contact_id
       returning 1)
     select (select count(*) from audience) as seen, (select count(*) from added) as added, (select max(contact_id::text) from audience) as last`,
    [
      ...audience.bindings,
      request.source,
      request.sourceId,
      request.step,
      judge.channel,
      request.source,
      request.sourceId,
      request.step,
      judge.channel,
      request.initialState,
      request.initialState === "cancelled" ? "campaign_cancelled" : null,
      ...whenBindings,
    ],
  );
  const { seen, added, last } = rows[0] as { seen: string; added: string; last: string | null };
  if (Number(added) < Number(seen)) await addDuplicates(trx, request, judge, after, limit);
  return { seen: Number(seen), last: Number(seen) < limit ? null : last };
};

/** Members whose address another member of the audience already has: they get a row too, skipped as `duplicate_address`. */
const addDuplicates = async (
  trx: Trx,
  request: BulkRequest,
  judge: JudgeOptions,
  after: string | null,
  limit: number,
) => {
  const audience = judgedAudience(judge, { after, limit });
  await query(
    trx,
    `with audience as materialized (${audience.sql}),
     keys as (
       insert into messaging.message_keys (source, source_id, step, channel, contact_id, recipient, message_id)
       select ?, ?::uuid, ?, ?, a.contact_id, a.address, make_uuid7() from audience a
       where not exists (select 1 from messaging.message_keys k
         where k.source = ? and k.source_id = ? and k.step = ? and k.channel = ? and k.contact_id = a.contact_id)
       on conflict do nothing
       returning contact_id, message_id)
     insert into messaging.messages (id, source, source_id, step, channel, contact_id, address, state, reason)
     select k.message_id, ?, ?::uuid, ?, ?, k.contact_id, a.address, 'skipped', 'duplicate_address'
     from keys k join audience a on a.contact_id = k.contact_id`,
    [
      ...audience.bindings,
      request.source,
      request.sourceId,
      request.step,
      judge.channel,
      request.source,
      request.sourceId,
      request.step,
      judge.channel,
      request.source,
      request.sourceId,
      request.step,
      judge.channel,
    ],
  );
};

export interface SingleRequest {
  readonly id: string;
  readonly source: "transactional" | "alert";
  /** The dispatch this message is sent under. */
  readonly sourceId: string;
  readonly channel: "email" | "sms" | "call";
  readonly contactId: string | null;
  readonly address: string | null;
  readonly contentId: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | null;
}

export interface SingleResult {
  readonly id: string;
  readonly state: string;
}

/**
 * Adds single messages. One whose idempotency key is known already answers the first message's id and state.
 * A suppressed address gets its row too: `skipped` with the reason (an unsubscribe binds bulk mail only).
 */
export const addSingles = async (trx: Trx, requests: readonly SingleRequest[]): Promise<readonly SingleResult[]> => {
  const suppressed = joinSuppressions("r.channel", "r.address", { sql: "s.reason <> 'unsubscribed'", bindings: [] });
  const rows = await query<{ id: string; state: string }>(
    trx,
    `with asked as (
       select r.*, case
           when r.address is null then 'no_address'
           when ${suppressed.reason} in ('hard_bounce', 'soft_bounces') then 'bounced_before'
           when ${suppressed.reason} is not null then 'suppressed' end as reason
       from jsonb_to_recordset(?::jsonb) as r(id uuid, source text, source_id uuid, channel text, contact_id uuid, address text,
         content_id uuid, vars jsonb, idempotency_key text)
       ${suppressed.joins.sql}),
     keys as (
       insert into messaging.message_keys (source, source_id, step, channel, contact_id, address, recipient, idempotency_key, message_id)
       select source, source_id, id::text, channel, contact_id, address, address, idempotency_key, id from asked
       on conflict do nothing returning message_id)
     insert into messaging.messages (id, source, source_id, step, channel, contact_id, address, state, reason, content_id, vars, trace)
     select a.id, a.source, a.source_id, a.id::text, a.channel, a.contact_id, a.address,
       case when a.reason is null then 'queued' else 'skipped' end, a.reason, a.content_id, a.vars, ?::text
     from asked a join keys k on k.message_id = a.id
     returning id, state`,
    [
      JSON.stringify(
        requests.map((r) => ({
          id: r.id,
          source: r.source,
          source_id: r.sourceId,
          channel: r.channel,
          contact_id: r.contactId,
          address: r.address,
          content_id: r.contentId,
          vars: r.vars,
          idempotency_key: r.idempotencyKey,
        })),
      ),
      ...suppressed.joins.bindings,
      traceparent() ?? null,
    ],
  );
  const added = new Map(rows.map((row) => [row.id, row.state]));
  for (const { id, state } of rows.slice(0, 50)) note("message", "written to the ledger", { id, result: state });
  const known = requests
    .filter((r) => !added.has(r.id) && r.idempotencyKey !== null)
    .map((r) => r.idempotencyKey as string);
  const earlier = new Map<string, SingleResult>();
  if (known.length > 0) {
    const found = await query<{ idempotency_key: string; id: string; state: string }>(
      trx,
      `select k.idempotency_key, m.id, m.state from messaging.message_keys k join messaging.messages m on m.id = k.message_id
       where k.idempotency_key = any(?)`,
      [known],
    );
    for (const row of found) earlier.set(row.idempotency_key, { id: row.id, state: row.state });
  }
  return requests.map((r) => {
    const state = added.get(r.id);
    const before = r.idempotencyKey === null ? undefined : earlier.get(r.idempotencyKey);
    if (state === undefined && before === undefined) throw new Error(`message ${r.id} was neither added nor known`);
    return state === undefined ? (before as SingleResult) : { id: r.id, state };
  });
};
