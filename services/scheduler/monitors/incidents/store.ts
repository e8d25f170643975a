// SQL of incidents: those that go on, those that ended, and what of them somebody still has to be told.
import type { MonitorKind } from "../../../../shared/contracts/monitors.ts";
import { query, type Sql, type Trx } from "../../../../shared/db/knex.ts";
import type { Course } from "../decide.ts";

export interface IncidentRow extends Course {
  readonly id: string;
  readonly monitorId: string;
  readonly subject: string;
  readonly detail: string | null;
}

const columns = `id, monitor_id as "monitorId", subject, state, breached_at as "breachedAt", opened_at as "openedAt",
  clear_since as "clearSince", recovered_at as "recoveredAt", opening_value as "openingValue", worst_value as "worstValue",
  last_value as "lastValue", detail, flaps`;

/** Incidents that are pending or open. */
export const goingOn = (sql: Sql): Promise<IncidentRow[]> =>
  query<IncidentRow>(sql, `select ${columns} from scheduler.incidents where state <> 'recovered'`);

/** How often each rule and subject has come back, of those that recovered since then. */
export const recoveredSince = (
  sql: Sql,
  since: Date,
): Promise<{ monitorId: string; subject: string; flaps: number }[]> =>
  query(
    sql,
    `select monitor_id as "monitorId", subject, max(flaps) as flaps from scheduler.incidents
     where state = 'recovered' and recovered_at >= ? group by monitor_id, subject`,
    [since],
  );

/** Writes incidents down, new or changed, in one statement. */
export const saveIncidents = async (trx: Trx, rows: readonly IncidentRow[]): Promise<void> => {
  if (rows.length === 0) return;
  await query(
    trx,
    `insert into scheduler.incidents as i (id, monitor_id, subject, state, breached_at, opened_at, clear_since, recovered_at,
       opening_value, worst_value, last_value, detail, flaps)
     select id, "monitorId", subject, state, "breachedAt", "openedAt", "clearSince", "recoveredAt", "openingValue", "worstValue",
       "lastValue", detail, flaps
     from json_to_recordset(?::json) as r (id uuid, "monitorId" uuid, subject text, state text, "breachedAt" timestamptz,
       "openedAt" timestamptz, "clearSince" timestamptz, "recoveredAt" timestamptz, "openingValue" float8, "worstValue" float8,
       "lastValue" float8, detail text, flaps int)
     on conflict (id) do update set state = excluded.state, opened_at = excluded.opened_at, clear_since = excluded.clear_since,
       recovered_at = excluded.recovered_at, opening_value = excluded.opening_value, worst_value = excluded.worst_value,
       last_value = excluded.last_value, detail = excluded.detail`,
    [JSON.stringify(rows)],
  );
};

/** Deletes incidents that never opened. */
export const dropIncidents = async (trx: Trx, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  await query(trx, "delete from scheduler.incidents where id = any(?::uuid[])", [[...ids]]);
};

/** Ends what goes on of a rule that is watched no longer, or not in this way: nobody is told. */
export const endQuietly = async (trx: Trx, monitorId: string): Promise<void> => {
  await query(trx, "delete from scheduler.incidents where monitor_id = ? and state = 'pending'", [monitorId]);
  await query(
    trx,
    `update scheduler.incidents set state = 'recovered', recovered_at = now(), quiet = true
     where monitor_id = ? and state = 'open'`,
    [monitorId],
  );
};

export interface Told extends IncidentRow {
  readonly kind: MonitorKind;
  readonly name: string;
  readonly what: "opened" | "recovered" | "still";
}

const toTell = `select i.id, i.monitor_id as "monitorId", i.subject, i.state, i.opened_at as "openedAt",
  i.recovered_at as "recoveredAt", i.opening_value as "openingValue", i.worst_value as "worstValue", i.last_value as "lastValue",
  i.detail, i.flaps, m.kind, m.name`;

/** What somebody has to be told now and nobody has been: not of silenced rules, and nothing while all is silenced. */
export const untold = (sql: Sql, reminderHours: number): Promise<Told[]> =>
  query<Told>(
    sql,
    `with loud as (
       select id, kind, name from scheduler.monitors
       where coalesce(silenced_until, '-infinity') <= now()
         and not exists (select from scheduler.alert_channels where silenced_until > now()))
     ${toTell}, case when i.state = 'recovered' then 'recovered' when i.opened_notice is null then 'opened' else 'still' end as what
     from scheduler.incidents i join loud m on m.id = i.monitor_id
     where not i.quiet and (
       (i.state = 'open' and (i.opened_notice is null or i.notified_at <= now() - ? * interval '1 hour'))
       or (i.state = 'recovered' and i.opened_notice is not null and i.recovered_notice is null))
     order by i.id`,
    [reminderHours],
  );

/** Notes that a notice told about these. */
export const noteTold = async (trx: Trx, noticeId: string, told: readonly Told[]): Promise<void> => {
  const ids = (what: Told["what"]) => told.filter((one) => one.what === what).map(({ id }) => id);
  await query(
    trx,
    `update scheduler.incidents set notified_at = now(),
       opened_notice = case when id = any(?::uuid[]) then ?::uuid else opened_notice end,
       recovered_notice = case when id = any(?::uuid[]) then ?::uuid else recovered_notice end
     where id = any(?::uuid[])`,
    [ids("opened"), noticeId, ids("recovered"), noticeId, told.map(({ id }) => id)],
  );
};

export interface ListedIncident extends IncidentRow {
  readonly kind: MonitorKind;
  readonly name: string;
  readonly notifiedAt: Date | null;
}

/** Incidents that opened, newest first. */
export const searchIncidents = (
  sql: Sql,
  filter: { readonly state?: string | undefined; readonly monitorId?: string | undefined },
  page: { readonly limit: number; readonly before: string | undefined },
): Promise<ListedIncident[]> =>
  query<ListedIncident>(
    sql,
    `${toTell}, i.notified_at as "notifiedAt" from scheduler.incidents i join scheduler.monitors m on m.id = i.monitor_id
     where i.state <> 'pending' and (?::text is null or i.state = ?) and (?::uuid is null or i.monitor_id = ?)
       and (?::uuid is null or i.id < ?) order by i.id desc limit ?`,
    [
      ...[filter.state ?? null, filter.state ?? null, filter.monitorId ?? null, filter.monitorId ?? null],
      ...[page.before ?? null, page.before ?? null, page.limit],
    ],
  );

/** Deletes what ended more than so many days ago; returns how many. */
export const deleteOldIncidents = async (sql: Sql, days: number): Promise<number> =>
  (
    await query(
      sql,
      "delete from scheduler.incidents where state = 'recovered' and recovered_at < now() - ? * interval '1 day' returning 1",
      [days],
    )
  ).length;
