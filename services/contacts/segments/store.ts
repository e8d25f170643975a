// SQL of stored segments and of who uses them.
import type { Sql } from "../../../shared/db/knex.ts";
import { bind } from "../../../shared/lib/bind.ts";

/** The rule of a segment, or undefined when there is none. */
export const findRule = async (sql: Sql, id: string): Promise<unknown> => {
  const { rows } = await sql.raw<{ rows: { rule: unknown }[] }>(
    "select rule from contacts.segments where id = ?::uuid",
    bind(id),
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

/** Campaigns whose audience is the segment, newest first, at most `limit`; those that are not over come first. */
export const campaignsUsing = async (sql: Sql, id: string, limit: number): Promise<readonly CampaignUse[]> => {
  const { rows } = await sql.raw<{ rows: CampaignUse[] }>(
    `select id, name, status, status not in ('completed', 'cancelled') as open from campaigns.v_audience_segments
     where segment_id = ?::uuid order by open desc, id desc limit ?`,
    bind(id, limit),
  );
  return rows;
};

/** Saved views that filter by the segment and that `userId` may see. */
export const viewsUsing = async (
  sql: Sql,
  id: string,
  userId: string | undefined,
): Promise<readonly { readonly id: string; readonly name: string }[]> => {
  const { rows } = await sql.raw<{ rows: { id: string; name: string }[] }>(
    `select id, name from contacts.contact_views
     where filters ->> 'segmentId' = ?::text and (shared or owner_id is not distinct from ?::uuid) order by lower(name) limit 100`,
    bind(id, userId),
  );
  return rows;
};
