// The ledger of the sample's finished campaign: rows as sending would have left them, written at once and already ended.
// Nothing of it can be taken by a sender: no row is queued, and its dispatch is done.
import { query, type Trx } from "../db/knex.ts";
import { makeIds } from "../lib/id-batch.ts";
import type { SampleOutcome } from "../lib/sample/sample-history.ts";

export interface SampleSource {
  readonly id: string;
  readonly contentId: string;
  readonly launchedAt: Date;
  /** Destination of the link that people clicked. */
  readonly link: string;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

interface Row extends SampleOutcome {
  readonly id: string;
}

const messageRows = (source: SampleSource, rows: readonly Row[]) =>
  rows.map(({ id, person, address, state, reason, detail, attempts }, index) => {
    const taken = state === "accepted" || state === "delivered" || state === "bounced";
    const at = new Date(source.launchedAt.getTime() + 5 * SECOND + index * 100);
    return {
      id,
      contact_id: person.id,
      address,
      state,
      reason,
      detail,
      attempts,
      vars:
        state === "skipped"
          ? null
          : { firstName: person.firstName, orgName: person.orgName, "attrs.city": String(person.attrs.city) },
      provider: attempts > 0 ? "sandbox" : null,
      accepted_at: taken && state !== "bounced" ? at.toISOString() : null,
      updated_at: at.toISOString(),
    };
  });

/** What people (and programs that look into mail) did, some minutes to hours later. */
const eventRows = (source: SampleSource, rows: readonly Row[]) =>
  rows.flatMap(({ id, person, state, opened, clicked, after }) => {
    const later = (ms: number) => new Date(source.launchedAt.getTime() + ms).toISOString();
    const event = (type: string, ms: number, human: boolean | null, url: string | null = null) => ({
      message_id: id,
      type,
      provider_event_id: `sample-${person.n}-${type}`,
      human,
      url,
      at: later(ms),
    });
    const read = opened === false ? 20 * SECOND : ((person.n * 17) % 30) * HOUR + 9 * 60 * SECOND;
    return [
      ...(state === "delivered" ? [event("delivered", 12 * SECOND, null)] : []),
      ...(state === "bounced" ? [event("bounced", 9 * SECOND, null)] : []),
      ...(opened === undefined ? [] : [event("opened", read, opened)]),
      ...(clicked === undefined ? [] : [event("clicked", read + 40 * SECOND, clicked, source.link)]),
      ...(after === undefined ? [] : [event(after, read + 60 * SECOND, null)]),
    ];
  });

/** Writes dispatch, rows, keys and events. The campaign must be new: its id is in none of them. */
export const writeSampleLedger = async (
  trx: Trx,
  source: SampleSource,
  outcomes: readonly SampleOutcome[],
): Promise<void> => {
  const ids = makeIds(outcomes.length, source.launchedAt.getTime());
  const rows = outcomes.map((outcome, index) => ({ ...outcome, id: ids[index] as string }));
  await query(
    trx,
    `insert into messaging.dispatches (source, source_id, channel, lane, status, content_id, bulk, created_at)
     values ('campaign', ?, 'email', 'campaign', 'done', ?, true, ?)`,
    [source.id, source.contentId, source.launchedAt],
  );
  const messages = JSON.stringify(messageRows(source, rows));
  await query(
    trx,
    `insert into messaging.message_keys (source, source_id, channel, contact_id, address, recipient, message_id)
     select 'campaign', ?::uuid, 'email', contact_id, case when state <> 'skipped' then address end, address, id
     from json_to_recordset(?::json) as v (id uuid, contact_id uuid, address text, state text)`,
    [source.id, messages],
  );
  await query(
    trx,
    `insert into messaging.messages (id, source, source_id, channel, contact_id, address, state, reason, detail, attempts, not_before, vars,
       provider, created_at, accepted_at, updated_at)
     select id, 'campaign', ?::uuid, 'email', contact_id, address, state, reason, detail, attempts, ?::timestamptz, jsonb_strip_nulls(vars),
       provider, ?::timestamptz, accepted_at, updated_at
     from json_to_recordset(?::json) as v (id uuid, contact_id uuid, address text, state text, reason text, detail text, attempts int,
       vars jsonb, provider text, accepted_at timestamptz, updated_at timestamptz)`,
    [source.id, source.launchedAt, source.launchedAt, messages],
  );
  const events = eventRows(source, rows);
  const eventIds = makeIds(events.length, source.launchedAt.getTime());
  await query(
    trx,
    `insert into messaging.delivery_events (id, message_id, source_id, type, provider, provider_event_id, human, url, at)
     select id, message_id, ?::uuid, type, 'sample', provider_event_id, human, url, at
     from json_to_recordset(?::json) as v (id uuid, message_id uuid, type text, provider_event_id text, human boolean, url text, at timestamptz)`,
    [source.id, JSON.stringify(events.map((event, index) => ({ id: eventIds[index], ...event })))],
  );
};

/** Deletes a sample campaign's dispatch, rows, keys and events. Nothing else ever leaves the ledger. */
export const deleteSampleLedger = async (trx: Trx, sourceId: string): Promise<void> => {
  await query(trx, "delete from messaging.delivery_events where source_id = ?", [sourceId]);
  await query(trx, "delete from messaging.message_keys where source_id = ?", [sourceId]);
  await query(trx, "delete from messaging.messages where source_id = ?", [sourceId]);
  await query(trx, "delete from messaging.dispatches where source_id = ?", [sourceId]);
};
