// SQL of campaigns: rows, compare-and-set of their status, and the audience cursor of a launch in progress.
import type { Campaign, CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { query, type Sql, type Trx } from "../../../shared/db/knex.ts";
import { homeSql, ownedSql } from "../../../shared/db/scope-sql.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import type { AudienceSpec } from "../../../shared/messaging/audience.ts";

export interface CampaignRow {
  readonly id: string;
  readonly name: string;
  readonly channel: "email" | "sms" | "call";
  readonly status: CampaignStatus;
  readonly held_reason: string | null;
  readonly audience: AudienceSpec;
  readonly content: Campaign["content"];
  readonly schedule: Campaign["schedule"];
  readonly rate: Campaign["rate"];
  /** Whose people it is for; null: everybody's. */
  readonly communities: string[] | null;
  readonly content_id: string | null;
  readonly audience_at: Date | null;
  readonly audience_cursor: string | null;
  readonly audience_complete: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly launched_at: Date | null;
  readonly completed_at: Date | null;
}

const columns =
  "id, name, channel, status, held_reason, audience, content, schedule, rate, communities::text[] as communities, content_id, audience_at, audience_cursor, audience_complete, created_at, updated_at, launched_at, completed_at";

/** The campaign as the API shows it. */
export const campaignOf = (row: CampaignRow): Campaign => ({
  id: row.id,
  name: row.name,
  channel: row.channel,
  status: row.status,
  heldReason: row.held_reason,
  audience: row.audience as Campaign["audience"],
  content: row.content,
  schedule: row.schedule,
  rate: row.rate,
  communities: row.communities,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  // Scheduled, or cancelled before its time came: it was never launched.
  launchedAt: row.audience_at === null ? null : (row.launched_at?.toISOString() ?? null),
  completedAt: row.completed_at?.toISOString() ?? null,
});

/** One campaign, or undefined. `lock` holds it until the transaction ends. */
export const findCampaign = async (sql: Sql, id: string, lock = false): Promise<CampaignRow | undefined> =>
  (
    await query<CampaignRow>(
      sql,
      `select ${columns} from campaigns.campaigns where id = ?${lock ? " for update" : ""}`,
      [id],
    )
  )[0];

/** One campaign that is within the scope, or undefined. */
export const findCampaignWithin = async (sql: Sql, id: string, scope: Scope): Promise<CampaignRow | undefined> => {
  const own = ownedSql(scope, "communities");
  return (
    await query<CampaignRow>(sql, `select ${columns} from campaigns.campaigns where id = ?${own.sql}`, [
      id,
      ...own.values,
    ])
  )[0];
};

/** Those of the campaigns that are within the scope. */
export const campaignsWithin = async (sql: Sql, ids: readonly string[], scope: Scope): Promise<ReadonlySet<string>> => {
  const own = ownedSql(scope, "communities");
  const rows = await query<{ id: string }>(
    sql,
    `select id from campaigns.campaigns where id = any(?::uuid[])${own.sql}`,
    [[...ids], ...own.values],
  );
  return new Set(rows.map(({ id }) => id));
};

export interface CampaignFields {
  readonly name?: string | undefined;
  readonly audience?: unknown;
  readonly content?: unknown;
  readonly schedule?: unknown;
  readonly rate?: unknown;
}

const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));

export const insertCampaign = async (
  sql: Sql,
  id: string,
  { channel, communities }: { readonly channel: string; readonly communities: string[] | null },
  fields: CampaignFields,
): Promise<CampaignRow> => {
  const [row] = await query<CampaignRow>(
    sql,
    `insert into campaigns.campaigns (id, name, channel, communities, audience, content, schedule, rate) values (?, ?, ?, ?::uuid[], ?::jsonb, ?::jsonb, ?::jsonb, ?::jsonb) returning ${columns}`,
    [
      id,
      fields.name,
      channel,
      communities,
      json(fields.audience),
      json(fields.content),
      json(fields.schedule),
      json(fields.rate),
    ],
  );
  return row as CampaignRow;
};

/** Changes a draft; undefined when it is no longer one. Fields that are undefined stay, null clears. */
export const updateDraft = async (sql: Sql, id: string, fields: CampaignFields): Promise<CampaignRow | undefined> => {
  const sets: string[] = [];
  const values: unknown[] = [];
  for (const [column, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    sets.push(column === "name" ? "name = ?" : `${column} = ?::jsonb`);
    values.push(column === "name" ? value : json(value));
  }
  const [row] = await query<CampaignRow>(
    sql,
    `update campaigns.campaigns set ${[...sets, "updated_at = now()"].join(", ")} where id = ? and status = 'draft' returning ${columns}`,
    [...values, id],
  );
  return row;
};

export const deleteDraft = async (sql: Sql, id: string): Promise<boolean> =>
  (await query(sql, "delete from campaigns.campaigns where id = ? and status = 'draft' returning id", [id])).length > 0;

export interface StatusChange {
  readonly from: readonly CampaignStatus[];
  readonly to: CampaignStatus;
  readonly heldReason?: string | null;
  readonly contentId?: string;
  readonly launchedAt?: Date;
  /** Freezes the audience as of now, by the clock that contacts are dated with: Postgres's. */
  readonly beginAudience?: true;
  readonly completedAt?: Date | null;
  /** Its `updated_at` as it was read: nobody may have changed it since. */
  readonly asRead?: Date;
}

/** Compare-and-set of the status; undefined when the campaign was in none of the states it may come from, or changed. */
export const changeStatus = async (sql: Sql, id: string, change: StatusChange): Promise<CampaignRow | undefined> => {
  const [row] = await query<CampaignRow>(
    sql,
    `update campaigns.campaigns set status = ?, held_reason = ?, content_id = coalesce(?::uuid, content_id), launched_at = coalesce(?::timestamptz, launched_at),
       audience_at = case when ?::boolean then now() else audience_at end, completed_at = ?::timestamptz, updated_at = now()
     where id = ? and status = any(?) and (?::timestamptz is null or date_trunc('milliseconds', updated_at) = ?) returning ${columns}`,
    [
      change.to,
      change.heldReason ?? null,
      change.contentId ?? null,
      change.launchedAt ?? null,
      change.beginAudience ?? false,
      change.completedAt ?? null,
      id,
      [...change.from],
      change.asRead ?? null,
      change.asRead ?? null,
    ],
  );
  return row;
};

/** Moves the audience cursor forward by one chunk; null cursor: the audience is complete. */
export const moveAudience = async (trx: Trx, id: string, cursor: string | null): Promise<void> => {
  await query(
    trx,
    "update campaigns.campaigns set audience_cursor = coalesce(?::uuid, audience_cursor), audience_complete = ?, updated_at = now() where id = ?",
    [cursor, cursor === null, id],
  );
};

export interface CampaignFilter {
  readonly status?: string | undefined;
  readonly q?: string | undefined;
  readonly before: string | undefined;
  readonly limit: number;
  readonly scope: Scope;
}

export const listCampaigns = (sql: Sql, filter: CampaignFilter): Promise<CampaignRow[]> => {
  const own = ownedSql(filter.scope, "communities");
  return query<CampaignRow>(
    sql,
    `select ${columns} from campaigns.campaigns
     where (?::text is null or status = ?) and (?::text is null or name ilike ?) and (?::uuid is null or id < ?)${own.sql} order by id desc limit ?`,
    [
      filter.status ?? null,
      filter.status ?? null,
      filter.q ?? null,
      `%${(filter.q ?? "").replace(/[\\%_]/g, "\\$&")}%`,
      filter.before ?? null,
      filter.before ?? null,
      ...own.values,
      filter.limit,
    ],
  );
};

/** Campaigns whose time has come, and campaigns whose launch or end may have been missed. */
export const dueCampaigns = (
  sql: Sql,
  now: Date,
): Promise<{ id: string; status: CampaignStatus; audience_complete: boolean }[]> =>
  query(
    sql,
    `select id, status, audience_complete from campaigns.campaigns
     where (status = 'scheduled' and launched_at <= ?) or (status in ('preparing', 'running', 'paused', 'cancelled') and not audience_complete and audience_at is not null) or status = 'running'
       or (status = 'held' and held_reason = 'unknown_messages')`,
    [now],
  );

/** Merge values of contacts within the scope by id, in one statement; an id that no such contact has is absent. */
export const contactVars = async (
  sql: Sql,
  contactIds: readonly string[],
  scope: Scope,
): Promise<ReadonlyMap<string, Record<string, string>>> => {
  if (contactIds.length === 0) return new Map();
  const home = homeSql(scope, "community_id");
  const rows = await query<{ id: string; vars: Record<string, string> }>(
    sql,
    `select id, jsonb_strip_nulls(jsonb_build_object('email', email, 'phone', phone, 'firstName', first_name, 'lastName', last_name, 'orgName', org_name,
       'kind', kind, 'timezone', timezone, 'stage', stage, 'externalId', external_id))
       || coalesce((select jsonb_object_agg('attrs.' || key, value) from jsonb_each_text(attrs) where value is not null), '{}') as vars
     from contacts.v_contacts where id = any(?::uuid[])${home.sql}`,
    [[...contactIds], ...home.values],
  );
  return new Map(rows.map((row) => [row.id, row.vars]));
};

/** Ids of the contacts within the scope that have these emails, by email. */
export const contactsByEmail = async (
  sql: Sql,
  emails: readonly string[],
  scope: Scope,
): Promise<ReadonlyMap<string, string>> => {
  const home = homeSql(scope, "community_id");
  const rows = await query<{ id: string; email: string }>(
    sql,
    `select id, email from contacts.v_contacts where email = any(?::text[])${home.sql}`,
    [[...emails], ...home.values],
  );
  return new Map(rows.map(({ id, email }) => [email, id]));
};
