// What rules read in Postgres beside the job layer: missed slots and campaigns that wait.
import { query, type Sql } from "../../../../shared/db/knex.ts";

/** Missed moments of the last hour by schedule, since somebody has been watching: while nothing ran, none could fire. */
export const missedSlots = (sql: Sql, watchingSince: Date): Promise<{ schedule: string; count: number }[]> =>
  query(
    sql,
    `select schedule, count(*)::int as count from scheduler.schedule_slots
     where outcome = 'missed' and fire_at >= greatest(now() - interval '1 hour', ?::timestamptz) group by schedule`,
    [watchingSince],
  );

/** How many campaigns wait for somebody's release. */
export const heldCampaigns = async (sql: Sql): Promise<number> =>
  (
    await query<{ count: number }>(
      sql,
      "select count(*)::int as count from campaigns.v_campaigns where status = 'held'",
    )
  )[0]?.count ?? 0;
