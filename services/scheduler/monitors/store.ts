// SQL of the rules, of the one-row clock that lets one replica evaluate at a time, and of whom to tell.
import type { MonitorKind } from "../../../shared/contracts/monitors.ts";
import { query, type Sql, type Trx } from "../../../shared/db/knex.ts";
import { type BuiltIn, usualClearAt, usualClearFor } from "./kinds.ts";

export interface MonitorRow {
  readonly id: string;
  readonly builtIn: string | null;
  readonly kind: MonitorKind;
  readonly name: string;
  readonly subject: string | null;
  readonly threshold: number;
  readonly clearAt: number;
  readonly forSeconds: number;
  readonly clearForSeconds: number;
  readonly enabled: boolean;
  readonly silencedUntil: Date | null;
  readonly silenceReason: string | null;
  readonly silencedBy: string | null;
  readonly updatedAt: Date;
}

const columns = `id, built_in as "builtIn", kind, name, subject, threshold, clear_at as "clearAt", for_seconds as "forSeconds",
  clear_for_seconds as "clearForSeconds", enabled, silenced_until as "silencedUntil", silence_reason as "silenceReason",
  silenced_by as "silencedBy", updated_at as "updatedAt"`;

/** Adds built-in rules that are not there yet. What people changed in the others stays. */
export const addBuiltIns = async (sql: Sql, rules: readonly BuiltIn[], newId: () => string): Promise<void> => {
  await query(
    sql,
    `insert into scheduler.monitors (id, built_in, kind, name, threshold, clear_at, for_seconds, clear_for_seconds)
     select id, built_in, kind, name, threshold, clear_at, for_seconds, clear_for from json_to_recordset(?::json)
       as r (id uuid, built_in text, kind text, name text, threshold float8, clear_at float8, for_seconds int, clear_for int)
     on conflict (built_in) do nothing`,
    [
      JSON.stringify(
        rules.map(({ builtIn, kind, name, threshold, forSeconds }) => ({
          ...{ id: newId(), built_in: builtIn, kind, name, threshold },
          ...{ clear_at: usualClearAt(kind, threshold), for_seconds: forSeconds, clear_for: usualClearFor },
        })),
      ),
    ],
  );
};

/** Every rule: built-in ones first, each part in the order they were made. */
export const listMonitors = (sql: Sql): Promise<MonitorRow[]> =>
  query<MonitorRow>(sql, `select ${columns} from scheduler.monitors order by built_in is null, id`);

/** The rule with this id, or undefined. */
export const findMonitor = async (sql: Sql, id: string): Promise<MonitorRow | undefined> =>
  (await query<MonitorRow>(sql, `select ${columns} from scheduler.monitors where id = ?`, [id]))[0];

export type MonitorFields = Pick<
  MonitorRow,
  "name" | "subject" | "threshold" | "clearAt" | "forSeconds" | "clearForSeconds" | "enabled"
>;

/** Adds a rule that somebody made. */
export const insertMonitor = async (sql: Sql, id: string, kind: MonitorKind, rule: MonitorFields): Promise<void> => {
  await query(
    sql,
    `insert into scheduler.monitors (id, kind, name, subject, threshold, clear_at, for_seconds, clear_for_seconds, enabled)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      ...[id, kind, rule.name, rule.subject, rule.threshold, rule.clearAt, rule.forSeconds],
      ...[rule.clearForSeconds, rule.enabled],
    ],
  );
};

/** Changes a rule. Returns false when it is gone. */
export const updateMonitor = async (sql: Sql, id: string, rule: MonitorFields): Promise<boolean> => {
  const rows = await query(
    sql,
    `update scheduler.monitors set name = ?, subject = ?, threshold = ?, clear_at = ?, for_seconds = ?, clear_for_seconds = ?,
       enabled = ?, updated_at = now() where id = ? returning 1`,
    [
      ...[rule.name, rule.subject, rule.threshold, rule.clearAt, rule.forSeconds, rule.clearForSeconds],
      ...[rule.enabled, id],
    ],
  );
  return rows.length > 0;
};

/** Deletes a rule with its incidents. */
export const deleteMonitor = async (sql: Sql, id: string): Promise<void> => {
  await query(sql, "delete from scheduler.monitors where id = ?", [id]);
};

export interface SilenceFields {
  readonly until: Date | null;
  readonly reason: string | null;
  readonly by: string | null;
}

/** Silences a rule, or ends its silence. Returns false when it is gone. */
export const silenceMonitor = async (sql: Sql, id: string, { until, reason, by }: SilenceFields): Promise<boolean> => {
  const rows = await query(
    sql,
    "update scheduler.monitors set silenced_until = ?, silence_reason = ?, silenced_by = ? where id = ? returning 1",
    [until, reason, by, id],
  );
  return rows.length > 0;
};

export interface LastReading {
  readonly value: number;
  readonly subject: string;
}

export interface ClockRow {
  readonly evaluatedAt: Date | null;
  readonly watchingSince: Date;
  readonly readings: Readonly<Record<string, LastReading>>;
  /** Time of Postgres, by which all replicas go. */
  readonly now: Date;
}

const clockColumns = `case when evaluated_at > '-infinity' then evaluated_at end as "evaluatedAt",
  watching_since as "watchingSince", readings, now() as now`;

/** The clock as it stands. */
export const readClock = async (sql: Sql): Promise<ClockRow> =>
  (await query<ClockRow>(sql, `select ${clockColumns} from scheduler.monitor_clock`))[0] as ClockRow;

/** Long enough ago; or still to come, after the database's clock was put back: waiting for it would be watching nothing. */
const due = `(evaluated_at <= clock_timestamp() - ? * interval '1 millisecond' or evaluated_at > clock_timestamp() + interval '10 seconds')`;

/** True when the last evaluation was at least so long ago. */
export const isDue = async (sql: Sql, everyMs: number): Promise<boolean> =>
  (await query(sql, `select 1 from scheduler.monitor_clock where ${due}`, [everyMs])).length > 0;

/** Takes the clock until the transaction ends; undefined when another replica has it, or evaluated in the meantime. */
export const takeClock = async (trx: Trx, everyMs: number): Promise<ClockRow | undefined> =>
  (
    await query<ClockRow>(
      trx,
      `select ${clockColumns} from scheduler.monitor_clock
       where ${due} for update skip locked`,
      [everyMs],
    )
  )[0];

/** Keeps evaluations away until the transaction ends: whoever changes rules takes it first, so that neither waits for the other. */
export const holdClock = async (trx: Trx): Promise<void> => {
  await query(trx, "select 1 from scheduler.monitor_clock for update");
};

/** Notes an evaluation. */
export const advanceClock = async (
  trx: Trx,
  at: { readonly now: Date; readonly watchingSince: Date; readonly node: string },
  readings: Readonly<Record<string, LastReading>>,
): Promise<void> => {
  await query(
    trx,
    "update scheduler.monitor_clock set evaluated_at = ?, watching_since = ?, node = ?, readings = ?::jsonb",
    [at.now, at.watchingSince, at.node, JSON.stringify(readings)],
  );
};

export interface ChannelsRow {
  readonly emailOn: boolean;
  readonly emailTo: readonly string[];
  readonly webhookUrl: string | null;
  readonly webhookSalt: string;
  readonly reminderHours: number;
  readonly silencedUntil: Date | null;
  readonly silenceReason: string | null;
  readonly silencedBy: string | null;
}

/** Whom to tell. */
export const readChannels = async (sql: Sql): Promise<ChannelsRow> =>
  (
    await query<ChannelsRow>(
      sql,
      `select email_on as "emailOn", email_to as "emailTo", webhook_url as "webhookUrl", webhook_salt as "webhookSalt",
         reminder_hours as "reminderHours", silenced_until as "silencedUntil", silence_reason as "silenceReason",
         silenced_by as "silencedBy" from scheduler.alert_channels`,
    )
  )[0] as ChannelsRow;

/** Writes down whom to tell. */
export const writeChannels = async (
  sql: Sql,
  to: Omit<ChannelsRow, "silencedUntil" | "silenceReason" | "silencedBy">,
) => {
  await query(
    sql,
    `update scheduler.alert_channels set email_on = ?, email_to = ?::text[], webhook_url = ?, webhook_salt = ?, reminder_hours = ?`,
    [to.emailOn, [...to.emailTo], to.webhookUrl, to.webhookSalt, to.reminderHours],
  );
};

/** Silences everything, or ends that. */
export const silenceEverything = async (sql: Sql, { until, reason, by }: SilenceFields): Promise<void> => {
  await query(sql, "update scheduler.alert_channels set silenced_until = ?, silence_reason = ?, silenced_by = ?", [
    until,
    reason,
    by,
  ]);
};

/** Addresses of all owners who may sign in. */
export const ownerAddresses = async (sql: Sql): Promise<string[]> =>
  (await query<{ email: string }>(sql, "select email from accounts.v_owners order by email")).map(({ email }) => email);
