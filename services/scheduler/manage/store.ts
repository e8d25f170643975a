// SQL of what people see of schedules and change about them.
import { query, type Sql, type Trx } from "../../../shared/db/knex.ts";
import type { Schedule } from "../schedules.ts";

export interface SlotRow {
  readonly schedule: string;
  readonly at: Date;
  readonly outcome: "fired" | "overlapped" | "missed" | "by-hand";
  readonly driftMs: number | null;
  readonly node: string | null;
  readonly startedBy: string | null;
  readonly jobId: string | null;
}

const slotColumns = `schedule, fire_at as at, outcome, drift_ms as "driftMs", node, started_by as "startedBy", job_id as "jobId"`;

/** The newest slots of a schedule, newest first. */
export const newestSlots = (db: Sql, name: string, limit: number): Promise<SlotRow[]> =>
  query<SlotRow>(
    db,
    `select ${slotColumns} from scheduler.schedule_slots where schedule = ? order by fire_at desc limit ?`,
    [name, limit],
  );

/** The newest slot of each schedule that has one. */
export const lastSlots = (db: Sql): Promise<SlotRow[]> =>
  query<SlotRow>(
    db,
    `select l.* from scheduler.schedules s cross join lateral (
       select ${slotColumns} from scheduler.schedule_slots where schedule = s.name order by fire_at desc limit 1) l`,
  );

export interface Drift {
  readonly schedule: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How late the slots fired that were due after `since`, by schedule; those without one are not there. */
export const driftSince = (db: Sql, names: readonly string[], since: Date): Promise<Drift[]> =>
  query<Drift>(
    db,
    `select n.name as schedule, d."p50Ms", d."p99Ms" from unnest(?::text[]) n (name) cross join lateral (
       select percentile_cont(0.5) within group (order by drift_ms) as "p50Ms",
              percentile_cont(0.99) within group (order by drift_ms) as "p99Ms"
       from scheduler.schedule_slots where schedule = n.name and fire_at > ? and outcome in ('fired', 'overlapped')) d
     where d."p50Ms" is not null`,
    [[...names], since],
  );

export interface Missed {
  readonly schedule: string;
  readonly day: number;
  readonly week: number;
}

/** Slots that were missed since two moments, by schedule; those that missed none are not there. */
export const missedSince = (db: Sql, day: Date, week: Date): Promise<Missed[]> =>
  query<Missed>(
    db,
    `select schedule, count(*) filter (where fire_at > ?)::int as day, count(*)::int as week
     from scheduler.schedule_slots where outcome = 'missed' and fire_at > ? group by schedule`,
    [day, week],
  );

export type Settings = Pick<Schedule, "cron" | "timezone" | "overlap" | "catchUp">;

/**
 * Puts settings in force. Slots up to `decidedTo` count as decided, so that the new times do not reach back.
 * `editedAt` null: they are the code's own again, and follow it at every start.
 */
export const putSettings = async (
  trx: Trx,
  name: string,
  settings: Settings,
  {
    editedAt,
    decidedTo,
    next,
  }: { readonly editedAt: Date | null; readonly decidedTo: Date; readonly next: Date | null },
): Promise<void> => {
  await trx.raw(
    `update scheduler.schedules set cron = ?, timezone = ?, overlap = ?, catch_up = ?, edited_at = ?,
       last_fire_at = greatest(last_fire_at, ?::timestamptz), next_fire_at = ? where name = ?`,
    [settings.cron, settings.timezone, settings.overlap, settings.catchUp, editedAt, decidedTo, next, name],
  );
};

/** Pauses or resumes; slots up to `decidedTo` count as decided. */
export const putPaused = async (
  trx: Trx,
  name: string,
  paused: boolean,
  { decidedTo, next }: { readonly decidedTo: Date; readonly next: Date | null },
): Promise<void> => {
  await trx.raw(
    `update scheduler.schedules set paused = ?, last_fire_at = greatest(last_fire_at, ?::timestamptz), next_fire_at = ?
     where name = ?`,
    [paused, decidedTo, next, name],
  );
};

/** Adds a slot that somebody started; at a moment that is taken already, a millisecond later. */
export const addByHand = async (
  trx: Trx,
  slot: {
    readonly name: string;
    readonly at: Date;
    readonly node: string;
    readonly by: string | null;
    readonly jobId: string;
  },
): Promise<void> => {
  await trx.raw(
    `insert into scheduler.schedule_slots (schedule, fire_at, outcome, job_id, fired_at, node, started_by)
     select ?, free.at, 'by-hand', ?, ?::timestamptz, ?, ?
     from (select ?::timestamptz + n * interval '1 millisecond' as at from generate_series(0, 1000) n) free
     where not exists (select from scheduler.schedule_slots t where t.schedule = ? and t.fire_at = free.at)
     order by free.at limit 1`,
    [slot.name, slot.jobId, slot.at, slot.node, slot.by, slot.at, slot.name],
  );
};
