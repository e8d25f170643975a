// Leases in Postgres: renewed by the worker that runs a job, ended by whichever process notices that they ran out.
import type { Sql } from "../db/knex.ts";

export interface Renewal {
  readonly id: string;
  readonly attemptId: string;
  readonly progress: number | undefined;
  /** The whole log so far, when it changed. */
  readonly log: string | undefined;
}

/** Renews leases in one statement; returns the ids that are still this worker's. Throws when Postgres is away. */
export const renewLeases = async (db: Sql, renewals: readonly Renewal[], leaseMs: number): Promise<Set<string>> => {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `update jobs.jobs j
     set lease_until = now() + ? * interval '1 millisecond',
         progress = coalesce(v.progress, j.progress), log = coalesce(v.log, j.log)
     from json_to_recordset(?::json) as v (id uuid, "attemptId" uuid, progress real, log text)
     where j.id = v.id and j.attempt_id = v."attemptId" and j.state = 'running'
     returning j.id`,
    [leaseMs, JSON.stringify(renewals)],
  );
  return new Set(rows.map((row) => row.id));
};

// The fingerprint is the one that retry-policy.ts would make of a WorkerDied without a stack.
const expireSql = `
  with late as (
    select id, attempts >= coalesce(max_attempts, 1) as spent,
           jsonb_build_object('attempt', attempts, 'at', now(), 'class', 'WorkerDied',
             'message', format('The worker %s gave no sign of life until the lease ended at %s', worker, lease_until),
             'frames', '[]'::jsonb) as error
    from jobs.jobs where state = 'running' and lease_until < now()
    order by lease_until limit ? for update skip locked
  ), failed as (
    delete from jobs.jobs j using late where j.id = late.id and late.spent returning j.*, late.error
  ), kept as (
    insert into jobs.history (id, type, group_name, queue, lane, state, input, unique_key, tags, entity, attempts,
      max_attempts, run_at, worker, progress, errors, fingerprint, log, created_at, started_at, finished_at,
      trace, request_id)
    select id, type, group_name, queue, lane, 'failed', input, unique_key, tags, entity, attempts, max_attempts, run_at,
      worker, progress, errors || error,
      left(encode(sha256(convert_to(type || E'\\nWorkerDied\\n', 'UTF8')), 'hex'), 16),
      log, created_at, started_at, now(), trace, request_id
    from failed
  ), again as (
    update jobs.jobs j
    set state = 'queued', run_at = now(), published_at = null, lease_until = null, attempt_id = null, worker = null,
        progress = null, errors = j.errors || late.error
    from late where j.id = late.id and not late.spent
    returning j.id
  )
  select (select count(*)::int from failed) as failed, (select count(*)::int from again) as again`;

/** Takes jobs from workers whose lease ended, at most `limit`: due again, or failed when no attempt is left. */
export const expireLeases = async (db: Sql, limit: number): Promise<{ failed: number; again: number }> => {
  const { rows } = await db.raw<{ rows: { failed: number; again: number }[] }>(expireSql, [limit]);
  return rows[0] ?? { failed: 0, again: 0 };
};
