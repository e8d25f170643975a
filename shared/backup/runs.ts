// SQL of the list of backups: what ran, what is kept where, what was restored.
import { query, type Sql } from "../db/knex.ts";
import type { Card } from "./stored.ts";

export type RunState = "running" | "completed" | "failed" | "gone";

export interface BackupRun {
  readonly id: string;
  readonly state: RunState;
  readonly jobId: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly takenAt: Date | null;
  readonly place: string;
  readonly name: string | null;
  readonly bytes: number | null;
  readonly rows: number | null;
  readonly schema: string | null;
  readonly platform: string | null;
  readonly error: string | null;
}

/** The latest, newest first. */
export const listRuns = (sql: Sql, limit: number): Promise<BackupRun[]> =>
  query<BackupRun>(
    sql,
    `select id, state, job_id as "jobId", started_at as "startedAt", finished_at as "finishedAt", taken_at as "takenAt",
       place, name, bytes::float8 as bytes, row_count::float8 as rows, schema_version as schema, platform, error
     from backups.runs order by coalesce(taken_at, started_at) desc, id desc limit ?`,
    [limit],
  );

/** When the newest whole backup was taken; null when there is none. */
export const newestBackup = async (sql: Sql): Promise<Date | null> => {
  const [row] = await query<{ at: Date | null }>(
    sql,
    "select max(taken_at) as at from backups.runs where state = 'completed'",
  );
  return row?.at ?? null;
};

/**
 * Hours since the newest whole backup was taken; without any, since this platform has been able to take one. A backup that
 * a wrong clock dated ahead does not count: until then nobody would hear that there are no new ones.
 */
export const backupAgeHours = async (sql: Sql): Promise<number> => {
  const [row] = await query<{ hours: number }>(
    sql,
    `select extract(epoch from now() - coalesce(
       (select max(taken_at) from backups.runs where state = 'completed' and taken_at < now() + interval '1 hour'),
       (select applied_at from public.schema_migrations where name = '0022_backups'), now()))::float8 / 3600 as hours`,
  );
  return row?.hours ?? 0;
};

/** Begins a run; runs that the same job began before, and any that cannot be alive any more, ended with their process. */
export const beginRun = async (sql: Sql, run: { id: string; jobId: string; place: string }): Promise<void> => {
  await query(
    sql,
    `update backups.runs r set state = 'failed', finished_at = now(), error = 'The process ended in the middle of it'
     where state = 'running' and (job_id = ? or not exists (select from jobs.v_live j where j.id = r.job_id))`,
    [run.jobId],
  );
  await query(
    sql,
    "insert into backups.runs (id, state, job_id, started_at, place) values (?, 'running', ?, clock_timestamp(), ?)",
    [run.id, run.jobId, run.place],
  );
};

export const failRun = async (sql: Sql, id: string, error: string): Promise<void> => {
  await query(
    sql,
    "update backups.runs set state = 'failed', finished_at = clock_timestamp(), error = ? where id = ? and state = 'running'",
    [error.slice(0, 2_000), id],
  );
};

/** Forgets a run that did not begin after all. */
export const dropRun = async (sql: Sql, id: string): Promise<void> => {
  await query(sql, "delete from backups.runs where id = ? and state = 'running'", [id]);
};

export const completeRun = async (sql: Sql, id: string, card: Card): Promise<void> => {
  await query(
    sql,
    `update backups.runs set state = 'completed', finished_at = ?, taken_at = ?, name = ?, bytes = ?, row_count = ?,
       schema_version = ?, platform = ? where id = ?`,
    [card.finishedAt, card.takenAt, card.name, card.bytes, card.rows, card.schema, card.platform, id],
  );
};

/**
 * Brings the list in line with what is kept at a place: adds what is there and unknown, and marks as gone what is not
 * there any more. `removed`: those that were just removed on purpose; they leave the list.
 */
export const reconcile = async (
  sql: Sql,
  place: string,
  cards: readonly Card[],
  removed: readonly string[],
): Promise<void> => {
  await query(sql, "delete from backups.runs where place = ? and name = any(?::text[])", [place, [...removed]]);
  await query(
    sql,
    `insert into backups.runs (id, state, started_at, finished_at, taken_at, place, name, bytes, row_count, schema_version, platform)
     select make_uuid7(), 'completed', c."takenAt", c."finishedAt", c."takenAt", ?, c.name, c.bytes, c.rows, c.schema, c.platform
     from json_to_recordset(?::json) as c ("takenAt" timestamptz, "finishedAt" timestamptz, name text, bytes bigint, rows bigint, schema text, platform text)
     on conflict (name) do update set state = 'completed', place = excluded.place`,
    [place, JSON.stringify(cards)],
  );
  await query(
    sql,
    "update backups.runs set state = 'gone' where state = 'completed' and place = ? and not (name = any(?::text[]))",
    [place, cards.map(({ name }) => name)],
  );
  // Failures are worth knowing for a while, backups that are gone too.
  await query(
    sql,
    "delete from backups.runs where state in ('failed', 'gone') and started_at < now() - interval '60 days'",
  );
};

export interface Restored {
  readonly restoredAt: Date;
  readonly takenAt: Date;
  readonly name: string;
  readonly rows: number;
  readonly resumed: boolean;
  readonly heldCampaigns: number;
  readonly heldMessages: number;
  readonly unknownMessages: number;
}

/** The last restore that this database comes from; undefined when there was none. */
export const lastRestore = async (sql: Sql): Promise<Restored | undefined> => {
  const [row] = await query<Restored>(
    sql,
    `select restored_at as "restoredAt", taken_at as "takenAt", name, row_count::float8 as rows, resumed,
       held_campaigns as "heldCampaigns", held_messages::float8 as "heldMessages", unknown_messages::float8 as "unknownMessages"
     from backups.restores order by restored_at desc limit 1`,
  );
  return row;
};

export const noteRestore = async (sql: Sql, id: string, done: Omit<Restored, "restoredAt">): Promise<void> => {
  await query(
    sql,
    `insert into backups.restores (id, taken_at, name, row_count, resumed, held_campaigns, held_messages, unknown_messages)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [id, done.takenAt, done.name, done.rows, done.resumed, done.heldCampaigns, done.heldMessages, done.unknownMessages],
  );
};
