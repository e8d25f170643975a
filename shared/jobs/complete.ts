// Writes what became of runs, many per statement. Each statement counts only rows whose attempt is still the current
// one (fencing), and returns their ids: a worker that lost its lease changes nothing.
import type { Sql } from "../db/knex.ts";
import type { AttemptError } from "./retry-policy.ts";
import { unsynced } from "./unsynced.ts";

export interface Outcome {
  readonly id: string;
  readonly attemptId: string;
  readonly type: string;
  /** `again`: runs once more after `delayMs`. */
  readonly kind: "completed" | "failed" | "cancelled" | "again";
  readonly delayMs: number;
  /** False for a run that does not use up an attempt: given back at a stop, or ended by retryLater. */
  readonly counts: boolean;
  readonly error: AttemptError | undefined;
  readonly fingerprint: string | undefined;
  readonly progress: number | undefined;
  readonly log: string | undefined;
}

// Rows are fetched by their ids; `|| ''` keeps the partial index on running jobs out, see claim.ts.
const finishSql = `
  with v as (
    select * from json_to_recordset(?::json)
      as v (id uuid, attempt_id uuid, state text, error jsonb, fingerprint text, progress real, log text)
  ), gone as (
    delete from jobs.jobs j using v
    where j.id = v.id and j.attempt_id = v.attempt_id and j.state || '' = 'running' and ${unsynced}
    returning j.*, v.state as outcome, v.error as last_error, v.fingerprint, v.progress as last_progress, v.log as last_log
  )
  insert into jobs.history (id, type, group_name, queue, lane, state, input, unique_key, tags, entity, attempts,
    max_attempts, run_at, worker, progress, errors, fingerprint, log, created_at, started_at, finished_at, trace, request_id)
  select id, type, group_name, queue, lane, outcome, input, unique_key, tags, entity, attempts, max_attempts, run_at,
    worker, coalesce(last_progress, progress), case when last_error is null then errors else errors || last_error end,
    fingerprint, coalesce(last_log, log), created_at, started_at, now(), trace, request_id
  from gone
  returning id`;

const againSql = `
  update jobs.jobs j
  set state = case when v.delay_ms > 0 then 'scheduled' else 'queued' end,
      run_at = now() + v.delay_ms * interval '1 millisecond',
      published_at = null, lease_until = null, attempt_id = null, worker = null, progress = null,
      attempts = case when v.counts then j.attempts else greatest(j.attempts - 1, 0) end,
      errors = case when v.error is null then j.errors else j.errors || v.error end,
      log = coalesce(v.log, j.log)
  from json_to_recordset(?::json)
    as v (id uuid, attempt_id uuid, delay_ms double precision, counts boolean, error jsonb, log text)
  where j.id = v.id and j.attempt_id = v.attempt_id and j.state || '' = 'running' and ${unsynced}
  returning j.id`;

const run = async (db: Sql, sql: string, rows: readonly unknown[]): Promise<string[]> => {
  if (rows.length === 0) return [];
  const answer = await db.raw<{ rows: { id: string }[] }>(sql, [JSON.stringify(rows)]);
  return answer.rows.map((row) => row.id);
};

/** Moves finished jobs to the history; returns the ids that counted. Throws when Postgres is away. */
export const finishJobs = (db: Sql, outcomes: readonly Outcome[]): Promise<string[]> =>
  run(
    db,
    finishSql,
    outcomes.map(({ id, attemptId, kind, error, fingerprint, progress, log }) => ({
      id,
      attempt_id: attemptId,
      state: kind,
      error,
      fingerprint,
      progress,
      log,
    })),
  );

/** Puts jobs back to run again, after their delay; returns the ids that counted. Throws when Postgres is away. */
export const returnJobs = (db: Sql, outcomes: readonly Outcome[]): Promise<string[]> =>
  run(
    db,
    againSql,
    outcomes.map(({ id, attemptId, delayMs, counts, error, log }) => ({
      id,
      attempt_id: attemptId,
      delay_ms: delayMs,
      counts,
      error,
      log,
    })),
  );
