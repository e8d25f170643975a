// Claims jobs that a stream offered, by compare-and-set: whoever gets a row owns its next attempt until the lease ends.
// An entry that was delivered twice, or whose job is gone, claims nothing.
import type { Sql } from "../db/knex.ts";
import type { Lane } from "../streams/stream-keys.ts";
import { isHeld } from "./holds.ts";
import { unsynced } from "./unsynced.ts";

export interface ClaimedJob {
  readonly id: string;
  /** Names this attempt: completions and renewals of an older one do not count. */
  readonly attemptId: string;
  readonly type: string;
  readonly lane: Lane;
  readonly input: unknown;
  /** 1 for the first run. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** How long it was due when it was claimed, in ms. */
  readonly dueMs: number;
  /** Where it was enqueued: the W3C trace and the request, where there were. */
  readonly trace: string | null;
  readonly requestId: string | null;
  /** Log of earlier attempts. */
  readonly log: string | null;
}

export interface ClaimRequest {
  readonly worker: string;
  readonly attemptId: string;
  readonly leaseMs: number;
  /** Job ids, each with the runs its type may have. */
  readonly jobs: readonly { readonly id: string; readonly maxAttempts: number }[];
}

type Row = Omit<ClaimedJob, "attemptId">;

// A job that was offered before its queue or type was held is parked instead of claimed.
// Each row is fetched by its id alone, so that the cost of a claim does not depend on how many jobs wait: `|| ''` keeps
// partial indexes out, which look smaller than they are while statistics lag behind.
// Rows that an open transaction has locked (enqueue with `until: "started"`) are passed over, so that one slow
// transaction holds back its own job and no other, and nobody waits in a circle.
const claimSql = `
  with wanted as (
    select j.id, v.max_attempts, ${isHeld("j")} as held
    from unnest(?::uuid[], ?::smallint[]) as v (id, max_attempts) cross join lateral (
      select id, queue, type from jobs.jobs
      where id = v.id and state || '' = 'queued' and published_at is not null
      for update skip locked) j
    where ${unsynced}
  ), parked as (
    update jobs.jobs j set published_at = 'infinity' from wanted where j.id = wanted.id and wanted.held
  )
  update jobs.jobs j
  set state = 'running', attempts = j.attempts + 1, max_attempts = wanted.max_attempts, attempt_id = ?, worker = ?,
      lease_until = now() + ? * interval '1 millisecond', started_at = now(), progress = null,
      unique_key = case when j.unique_until = 'started' then null else j.unique_key end
  from wanted where j.id = wanted.id and not wanted.held
  returning j.id, j.type, j.lane, j.input, j.attempts as attempt, j.max_attempts as "maxAttempts", j.log,
    (extract(epoch from now() - j.run_at) * 1000)::float8 as "dueMs",
    j.trace, j.request_id as "requestId"`;

/** Claims what can be claimed, in one statement; returns it in the order of the request. Throws when Postgres is away. */
export const claimJobs = async (db: Sql, request: ClaimRequest): Promise<ClaimedJob[]> => {
  const { rows } = await db.raw<{ rows: Row[] }>(claimSql, [
    request.jobs.map(({ id }) => id),
    request.jobs.map(({ maxAttempts }) => maxAttempts),
    request.attemptId,
    request.worker,
    request.leaseMs,
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return request.jobs.flatMap(({ id }) => {
    const row = byId.get(id);
    byId.delete(id);
    return row ? [{ ...row, attemptId: request.attemptId }] : [];
  });
};

/** Of these ids the ones that still wait to be claimed: their rows were locked when the claim passed by. */
export const stillClaimable = async (db: Sql, ids: readonly string[]): Promise<string[]> => {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    "select id from jobs.jobs where id = any(?::uuid[]) and state = 'queued' and published_at < 'infinity'",
    [[...ids]],
  );
  return rows.map((row) => row.id);
};
