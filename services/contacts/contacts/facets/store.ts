// SQL of facets: how the contacts of a filter divide.
import type { Sql } from "../../../../shared/db/knex.ts";
import { homeSql } from "../../../../shared/db/scope-sql.ts";
import { bind } from "../../../../shared/lib/bind.ts";
import type { Scope } from "../../../../shared/lib/scope.ts";
import { type ContactFilter, filterSql } from "../store.ts";

export interface GroupCount {
  readonly community_id: string;
  readonly kind: "person" | "business";
  readonly stage: "awareness" | "engagement" | "sales" | "retention" | "churn";
  readonly n: string;
}

/** Counts per community, kind and stage: without other conditions from the index contacts_live alone. */
export const countGroups = async (sql: Sql, filter: ContactFilter): Promise<readonly GroupCount[]> => {
  const { where, values } = filterSql(filter);
  const { rows } = await sql.raw<{ rows: GroupCount[] }>(
    `select c.community_id, c.kind, c.stage, count(*) as n from contacts.contacts c where ${where} group by 1, 2, 3`,
    bind(...values),
  );
  return rows;
};

/** The most frequent tags with their counts. */
export const countTags = async (
  sql: Sql,
  filter: ContactFilter,
  limit: number,
): Promise<readonly { readonly name: string; readonly n: string }[]> => {
  const { where, values } = filterSql(filter);
  const { rows } = await sql.raw<{ rows: { name: string; n: string }[] }>(
    `select t.name, counted.n from (
       select ct.tag_id, count(*) as n from contacts.contact_tags ct
       where ct.contact_id in (select c.id from contacts.contacts c where ${where})
       group by ct.tag_id order by n desc limit ?
     ) counted join contacts.tags t on t.id = counted.tag_id order by counted.n desc, lower(t.name)`,
    bind(...values, limit),
  );
  return rows;
};

export interface ReachCount {
  readonly no_address: string;
  readonly suppressed: string;
  readonly agreed: string;
}

/** Who has no email, whose email is suppressed, and who of the rest agreed to email. */
export const countReach = async (sql: Sql, filter: ContactFilter): Promise<ReachCount> => {
  const { where, values } = filterSql(filter);
  const { rows } = await sql.raw<{ rows: ReachCount[] }>(
    `select count(*) filter (where c.email is null) as no_address,
       count(*) filter (where s.address is not null) as suppressed,
       count(*) filter (where c.email is not null and s.address is null and h.contact_id is not null) as agreed
     from contacts.contacts c
     left join consent.v_suppressed s on s.channel = 'email' and s.address = c.email
     left join consent.v_held h on h.contact_id = c.id and h.email = 'granted'
     where ${where}`,
    bind(...values),
  );
  return rows[0] ?? { no_address: "0", suppressed: "0", agreed: "0" };
};

/** Communities by id. */
export const communitiesById = async (sql: Sql): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await sql.raw<{ rows: { id: string; name: string }[] }>("select id, name from contacts.communities");
  return new Map(rows.map(({ id, name }) => [id, name]));
};

const names = async (
  sql: Sql,
  table: "contacts.tags" | "contacts.communities",
  q: string,
  { limit, within }: { readonly limit: number; readonly within: Scope },
) => {
  const own = homeSql(within, "id");
  const { rows } = await sql.raw<{ rows: { name: string }[] }>(
    `select name from ?? where position(lower(?::text) in lower(name)) > 0${own.sql} order by lower(name) limit ?`,
    bind(table, q, ...own.values, limit),
  );
  return rows.map((row) => row.name);
};

/** Names of tags that contain `q`; tags are everybody's. */
export const tagNames = (sql: Sql, q: string, limit: number): Promise<readonly string[]> =>
  names(sql, "contacts.tags", q, { limit, within: undefined });

/** Names of communities within the scope that contain `q`. */
export const communityNames = (
  sql: Sql,
  q: string,
  page: { readonly limit: number; readonly within: Scope },
): Promise<readonly string[]> => names(sql, "contacts.communities", q, page);
