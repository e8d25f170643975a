// SQL of the Overview that is about campaigns.
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { query, type Sql } from "../../../shared/db/knex.ts";

const MOST = 20;

export interface HeldCampaign {
  readonly id: string;
  readonly name: string;
  readonly reason: string | null;
}

/** Campaigns that wait for somebody's word, newest first, at most twenty. */
export const heldCampaigns = (sql: Sql): Promise<HeldCampaign[]> =>
  query(
    sql,
    "select id, name, held_reason as reason from campaigns.campaigns where status = 'held' order by id desc limit ?",
    [MOST],
  );

/** Scheduled campaigns that start before `until`, the next one first, at most twenty. */
export const startingCampaigns = (
  sql: Sql,
  until: Date,
): Promise<{ id: string; name: string; status: CampaignStatus; at: Date }[]> =>
  query(
    sql,
    `select id, name, status, launched_at as at from campaigns.campaigns
     where status = 'scheduled' and launched_at <= ? order by launched_at, id limit ?`,
    [until, MOST],
  );

/** True when any campaign but this one was launched, or has its time to come. */
export const anyLaunched = async (sql: Sql, except: string): Promise<boolean> =>
  (
    await query(
      sql,
      "select 1 from campaigns.campaigns where id <> ? and (audience_at is not null or status = 'scheduled') limit 1",
      [except],
    )
  ).length > 0;
