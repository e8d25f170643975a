// SQL of stored segments and of who uses them.
import type { Sql } from "../../../shared/db/knex.ts";
import { ownedSql } from "../../../shared/db/scope-sql.ts";
import { bind } from "../../../shared/lib/bind.ts";
import type { Scope } from "../../../shared/lib/scope.ts";

/** The rule of a segment that the scope sees (everybody's, and its own), or undefined when there is none. */
export const findRule = async (sql: Sql, id: string, scope: Scope): Promise<unknown> => {
  const within = scope ? " and (communities is null or communities <@ ?::uuid[])" : "";
  const { rows } = await sql.raw<{ rows: { rule: unknown }[] }>(
    `select rule from contacts.segments where id = ?::uuid${within}`,
    bind(id, ...(scope ? [scope.communities] : [])),
  );
  return rows[0]?.rule;
};

export interface CampaignUse {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** True while the campaign may still ask who is in the segment. */
  readonly open: boolean;
}

/** Campaigns within the scope whose audience is the segment, newest first, at most `limit`; those that are not over come first. */
export const campaignsUsing = async (
  sql: Sql,
  id: string,
  { limit, scope }: { readonly limit: number; readonly scope: Scope },
): Promise<readonly CampaignUse[]> => {
  const own = ownedSql(scope, "communities");
  const { rows } = await sql.raw<{ rows: CampaignUse[] }>(
    `select id, name, status, status not in ('completed', 'cancelled') as open from campaigns.v_audience_segments
     where segment_id = ?::uuid${own.sql} order by open desc, id desc limit ?`,
    bind(id, ...own.values, limit),
  );
  return rows;
};
