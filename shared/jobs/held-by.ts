// Which process holds how many jobs under a lease: what a process that vanished has left behind.
import { type Db, query } from "../db/knex.ts";

/** Running jobs by the node that claimed them; nodes without any are absent. */
export const heldByNode = async (db: Db): Promise<ReadonlyMap<string, number>> => {
  const rows = await query<{ worker: string; held: number }>(
    db,
    "select worker, count(*)::int as held from jobs.jobs where state = 'running' and worker is not null group by worker",
  );
  return new Map(rows.map(({ worker, held }) => [worker, held]));
};
