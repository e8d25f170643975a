// SQL of the clock: the schedules, and their slots as they are taken.
import { query, type Sql, type Trx } from "../../shared/db/knex.ts";
import type { Schedule } from "./schedules.ts";

export interface ScheduleRow {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly overlap: Schedule["overlap"];
  readonly catchUp: Schedule["catchUp"];
  readonly paused: boolean;
  readonly editedAt: Date | null;
  readonly lastFireAt: Date;
}

const columns = `name, cron, timezone, overlap, catch_up as "catchUp", paused, edited_at as "editedAt",
  last_fire_at as "lastFireAt"`;

/**
 * Brings the code's schedules into the database; what a person changed stays. Those of other versions of the platform,
 * which may run beside this one, are left alone.
 */
export const syncSchedules = async (db: Sql, schedules: readonly Schedule[], now: Date): Promise<void> => {
  await db.raw(
    `insert into scheduler.schedules as s (name, cron, timezone, job_type, overlap, catch_up, last_fire_at)
     select name, cron, timezone, job, overlap, "catchUp", ?::timestamptz
     from json_to_recordset(?::json) as v (name text, cron text, timezone text, job text, overlap text, "catchUp" text)
     on conflict (name) do update set
       job_type = excluded.job_type,
       cron = case when s.edited_at is null then excluded.cron else s.cron end,
       timezone = case when s.edited_at is null then excluded.timezone else s.timezone end,
       overlap = case when s.edited_at is null then excluded.overlap else s.overlap end,
       catch_up = case when s.edited_at is null then excluded.catch_up else s.catch_up end,
       -- One that comes back does not make up for the time in which it did not exist; an older version that was
       -- started for a moment in between does not cost a slot.
       last_fire_at = case when s.retired_at is null or s.retired_at > excluded.last_fire_at - interval '1 hour'
         then s.last_fire_at else excluded.last_fire_at end,
       retired_at = null`,
    [now, JSON.stringify(schedules)],
  );
};

/** Retires what is in the database and not among these names: nobody fires it. Returns the names of the newly retired. */
export const retireOthers = async (db: Sql, names: readonly string[], now: Date): Promise<string[]> => {
  const rows = await query<{ name: string }>(
    db,
    "update scheduler.schedules set retired_at = ? where retired_at is null and name <> all(?::text[]) returning name",
    [now, [...names]],
  );
  return rows.map(({ name }) => name);
};

/**
 * Takes back what was decided about times that are still to come, as a clock that was ahead for a while did; without
 * that, nothing would fire until then. Returns the names of the schedules.
 */
export const takeBackAhead = async (db: Sql): Promise<string[]> => {
  const rows = await query<{ name: string }>(
    db,
    `with ahead as (
       update scheduler.schedules set last_fire_at = now() where last_fire_at > now() + interval '1 minute' returning name),
     gone as (
       delete from scheduler.schedule_slots s using ahead
       where s.schedule = ahead.name and s.fire_at > now() and s.outcome <> 'by-hand')
     select name from ahead`,
  );
  return rows.map(({ name }) => name);
};

/** Every schedule that is in force, by name. */
export const listSchedules = (db: Sql): Promise<ScheduleRow[]> =>
  query<ScheduleRow>(db, `select ${columns} from scheduler.schedules where retired_at is null order by name`);

/** The schedule as it is now, locked until the transaction ends: one replica decides, and nobody edits meanwhile. */
export const lockSchedule = async (trx: Trx, name: string): Promise<ScheduleRow | undefined> => {
  const [row] = await query<ScheduleRow>(
    trx,
    `select ${columns} from scheduler.schedules where name = ? and retired_at is null for update`,
    [name],
  );
  return row;
};

/** What the database's clock says. */
export const databaseNow = async (db: Sql): Promise<Date> => {
  const [row] = await query<{ now: Date }>(db, "select clock_timestamp() as now");
  if (!row) throw new Error("Postgres did not say what time it is");
  return row.now;
};

export interface SlotRow {
  readonly at: Date;
  readonly fires: boolean;
  readonly driftMs: number;
}

/** Takes slots for this replica, in one statement; returns those that no other had taken, oldest first. */
export const takeSlots = async (
  trx: Trx,
  name: string,
  slots: readonly SlotRow[],
  firedAt: Date,
  node: string,
): Promise<Date[]> => {
  const rows = await query<{ fire_at: Date }>(
    trx,
    `insert into scheduler.schedule_slots (schedule, fire_at, outcome, fired_at, drift_ms, node)
     select ?, v.at, case when v.fires then 'fired' else 'missed' end, case when v.fires then ?::timestamptz end,
            case when v.fires then v."driftMs" end, ?
     from json_to_recordset(?::json) as v (at timestamptz, fires boolean, "driftMs" integer) order by v.at
     on conflict (schedule, fire_at) do nothing
     returning fire_at`,
    [name, firedAt, node, JSON.stringify(slots)],
  );
  return rows.map((row) => row.fire_at).sort((a, b) => a.getTime() - b.getTime());
};

/** Notes which job a slot became; without a job the one before was still live. */
export const noteJob = async (trx: Trx, name: string, at: Date, jobId: string | undefined): Promise<void> => {
  await trx.raw(
    `update scheduler.schedule_slots set job_id = ?, outcome = case when ?::uuid is null then 'overlapped' else 'fired' end
     where schedule = ? and fire_at = ?`,
    [jobId ?? null, jobId ?? null, name, at],
  );
};

/** Slots up to `decidedTo` are decided. Never goes back, whoever is behind. */
export const advance = async (trx: Trx, name: string, decidedTo: Date, next: Date | null): Promise<void> => {
  await trx.raw(
    `update scheduler.schedules set last_fire_at = greatest(last_fire_at, ?::timestamptz), next_fire_at = ? where name = ?`,
    [decidedTo, next, name],
  );
};

export interface ScheduleHealth {
  readonly name: string;
  /** How late the last slot fired; null when none has. */
  readonly driftMs: number | null;
  /** Slots of the last 24 hours that nobody fired. */
  readonly missed: number;
}

/** How punctual each schedule in force is. */
export const scheduleHealth = async (db: Sql): Promise<ScheduleHealth[]> => {
  const { rows } = await db.raw<{ rows: ScheduleHealth[] }>(
    `select s.name,
       (select drift_ms from scheduler.schedule_slots l
        where l.schedule = s.name and l.drift_ms is not null order by l.fire_at desc limit 1) as "driftMs",
       (select count(*)::int from scheduler.schedule_slots l
        where l.schedule = s.name and l.fire_at > now() - interval '24 hours' and l.outcome = 'missed') as missed
     from scheduler.schedules s where s.retired_at is null order by s.name`,
  );
  return rows;
};

/** Deletes slots older than so many days; returns how many. */
export const deleteOldSlots = async (db: Sql, days: number): Promise<number> => {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    "delete from scheduler.schedule_slots where fire_at < now() - ? * interval '1 day'",
    [days],
  );
  return rowCount;
};

/** Lets the gateway's schema delete what has expired there, by its own function; returns how many rows went. */
export const deleteExpiredAccess = async (db: Sql, now: Date, batch: number): Promise<number> => {
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    "select accounts.delete_expired(?::timestamptz, ?::int) as count",
    [now, batch],
  );
  return rows[0]?.count ?? 0;
};
