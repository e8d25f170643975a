// SQL of the Overview that is about campaigns.
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { query, type Sql } from "../../../shared/db/knex.ts";
import { ownedSql } from "../../../shared/db/scope-sql.ts";
import type { Scope } from "../../../shared/lib/scope.ts";

const MOST = 20;

export interface HeldCampaign {
  readonly id: string;
  readonly name: string;
  readonly reason: string | null;
}

/** Campaigns that wait for somebody's word, newest first, at most twenty. */
export const heldCampaigns = (sql: Sql, scope: Scope): Promise<HeldCampaign[]> => {
  const own = ownedSql(scope, "communities");
  return query(
    sql,
    `select id, name, held_reason as reason from campaigns.campaigns where status = 'held'${own.sql} order by id desc limit ?`,
    [...own.values, MOST],
  );
};

/** Scheduled campaigns that start before `until`, the next one first, at most twenty. */
export const startingCampaigns = (
  sql: Sql,
  until: Date,
  scope: Scope,
): Promise<{ id: string; name: string; status: CampaignStatus; at: Date }[]> => {
  const own = ownedSql(scope, "communities");
  return query(
    sql,
    `select id, name, status, launched_at as at from campaigns.campaigns
     where status = 'scheduled' and launched_at <= ?${own.sql} order by launched_at, id limit ?`,
    [until, ...own.values, MOST],
  );
};

/** True when any campaign but this one was launched, or has its time to come. */
export const anyLaunched = async (sql: Sql, except: string, scope: Scope): Promise<boolean> => {
  const own = ownedSql(scope, "communities");
  const rows = await query(
    sql,
    `select 1 from campaigns.campaigns where id <> ? and (audience_at is not null or status = 'scheduled')${own.sql} limit 1`,
    [except, ...own.values],
  );
  return rows.length > 0;
};
