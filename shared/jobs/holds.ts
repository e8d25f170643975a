// Holds: queues and job types of which nothing may start. In force when they are committed, since the claim itself looks
// at them. What runs goes on; what comes due is parked, and due again when the hold is lifted. Nothing is lost by it.
import { type Db, query, type Sql, type Trx } from "../db/knex.ts";
import { signalAtCommit } from "./wake.ts";

export interface HoldTarget {
  readonly kind: "queue" | "type";
  readonly name: string;
}

export interface Hold extends HoldTarget {
  readonly heldAt: Date;
  /** The user who holds it; null when it was done from within. */
  readonly heldBy: string | null;
  readonly reason: string | null;
}

// Without a reference to the row, the list of holds is read once per statement and not once per job.
const isNamed = (value: string, kind: HoldTarget["kind"]) =>
  `${value} = any(array(select h.name from jobs.holds h where h.kind = '${kind}'))`;

/** SQL condition: jobs of this queue and type are held. Both are SQL expressions. */
export const isHeldBy = (queue: string, type: string): string =>
  `(${isNamed(queue, "queue")} or ${isNamed(type, "type")})`;

/** SQL condition: the job in the row `alias` is held. */
export const isHeld = (alias: string): string => isHeldBy(`${alias}.queue`, `${alias}.type`);

/** Holds a queue or type. Returns false when it was held already; then the earlier hold stays as it is. */
export const hold = async (
  sql: Sql,
  { kind, name }: HoldTarget,
  by: { readonly userId: string | null; readonly reason: string | null },
): Promise<boolean> => {
  const rows = await query(
    sql,
    "insert into jobs.holds (kind, name, held_by, reason) values (?, ?, ?, ?) on conflict do nothing returning 1",
    [kind, name, by.userId, by.reason],
  );
  return rows.length > 0;
};

/**
 * Lifts a hold; its parked jobs are due again, the first of them at once and the rest as relays come to them. Returns
 * false when there was none.
 */
export const release = async (trx: Trx, { kind, name }: HoldTarget): Promise<boolean> => {
  const rows = await query(trx, "delete from jobs.holds where kind = ? and name = ? returning 1", [kind, name]);
  if (rows.length === 0) return false;
  await unparkJobs(trx, 1_000);
  signalAtCommit(trx, "jobs");
  return true;
};

/** Every hold, oldest first. */
export const listHolds = (db: Sql): Promise<Hold[]> =>
  query<Hold>(
    db,
    `select kind, name, held_at as "heldAt", held_by as "heldBy", reason from jobs.holds order by held_at, kind, name`,
  );

// The kinds of parked jobs are found by leaping through their index, so that a million that stay held cost nothing.
const unparkSql = `
  with recursive kinds as (
    (select queue, type from jobs.jobs where published_at = 'infinity' order by queue, type limit 1)
    union all
    select n.queue, n.type from kinds k cross join lateral (
      select queue, type from jobs.jobs where published_at = 'infinity' and (queue, type) > (k.queue, k.type)
      order by queue, type limit 1) n
  )
  update jobs.jobs set published_at = null where id in (
    select free.id from kinds k cross join lateral (
      select id from jobs.jobs j
      where j.published_at = 'infinity' and j.queue = k.queue and j.type = k.type and not ${isHeld("k")}
      order by j.id limit ? for update skip locked) free
    limit ?)
  returning 1`;

/**
 * Makes parked jobs due that nothing holds any more, at most `limit`; returns how many. Relays do it at every sweep: a
 * job may have been parked by a statement that began before its hold was lifted.
 */
export const unparkJobs = async (db: Db | Trx, limit: number): Promise<number> =>
  (await query(db, unparkSql, [limit, limit])).length;
