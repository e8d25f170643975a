// SQL of idempotency keys. In Postgres, because a key stands between a retry and a second launch: it must outlive Redis.
import type { Db } from "../../shared/db/knex.ts";

const lockSeconds = 60;
const keepHours = 24;

export interface KeyedRequest {
  readonly key: string;
  /** The person; the same key of somebody else is another key. */
  readonly userId: string;
  /** The action, with the object it acts on inside the hash. */
  readonly route: string;
  /** SHA-256 of everything that makes the request what it is. */
  readonly hash: Buffer;
}

/** Takes the key, also from a first request that died or a key that is out of date. False when somebody else has it. */
export const take = async (db: Db, request: KeyedRequest, attempt: string): Promise<boolean> => {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `insert into accounts.idempotency_keys as k (caller, route, key, request_hash, attempt, locked_until, expires_at)
     values (:userId, :route, :key, :hash, :attempt, now() + make_interval(secs => :lockSeconds), now() + make_interval(hours => :keepHours))
     on conflict (caller, route, key) do update set
       request_hash = excluded.request_hash, attempt = excluded.attempt, locked_until = excluded.locked_until,
       expires_at = excluded.expires_at, created_at = now(), status = null, answer = null
     where k.expires_at < now() or (k.status is null and k.locked_until < now() and k.request_hash = excluded.request_hash)
     returning 1`,
    { ...request, attempt, lockSeconds, keepHours } as never,
  );
  return rows.length > 0;
};

/** A request under this key: its hash, and its answer once there is one. */
export interface Kept {
  readonly hash: Buffer;
  readonly status: number | null;
  readonly answer: string | null;
}

/** What is kept under the key, or undefined. */
export const look = async (db: Db, { userId, route, key }: KeyedRequest): Promise<Kept | undefined> => {
  const { rows } = await db.raw<{ rows: Kept[] }>(
    "select request_hash as hash, status, answer from accounts.idempotency_keys where caller = ? and route = ? and key = ?",
    [userId, route, key],
  );
  return rows[0];
};

/** Keeps the answer, unless another attempt took over in the meantime. */
export const keep = async (
  db: Db,
  { userId, route, key }: KeyedRequest,
  attempt: string,
  status: number,
  value: unknown,
): Promise<void> => {
  await db.raw(
    "update accounts.idempotency_keys set status = ?, answer = ? where caller = ? and route = ? and key = ? and attempt = ?",
    [status, JSON.stringify(value) ?? "null", userId, route, key, attempt],
  );
};

/** Gives the key free again, unless an answer is kept or another attempt took over. */
export const release = async (db: Db, { userId, route, key }: KeyedRequest, attempt: string): Promise<void> => {
  await db.raw(
    "delete from accounts.idempotency_keys where caller = ? and route = ? and key = ? and attempt = ? and status is null",
    [userId, route, key, attempt],
  );
};
