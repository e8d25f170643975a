// SQL of single contacts and their tags. Rows with deleted_at are gone for everybody but the ledger.
import type { Sql, Trx } from "../../../shared/db/knex.ts";
import { homeSql, ownedSql } from "../../../shared/db/scope-sql.ts";
import { type Bindable, bind } from "../../../shared/lib/bind.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import type { ContactColumns } from "./contact-input.ts";
import type { ContactRow } from "./contact-row.ts";

const columns = `c.id, c.community_id, c.kind, c.email, c.phone, c.external_id, c.first_name, c.last_name, c.org_name,
  c.timezone, c.stage, c.score, c.attrs, c.created_at, c.updated_at,
  array(select t.name from contacts.contact_tags ct join contacts.tags t on t.id = ct.tag_id
        where ct.contact_id = c.id order by lower(t.name)) as tags`;

/** One live contact within the scope, or undefined. */
export const findContact = async (sql: Sql, id: string, scope: Scope): Promise<ContactRow | undefined> => {
  const home = homeSql(scope, "c.community_id");
  const { rows } = await sql.raw<{ rows: ContactRow[] }>(
    `select ${columns} from contacts.contacts c where c.id = ?::uuid and c.deleted_at is null${home.sql}`,
    bind(id, ...home.values),
  );
  return rows[0];
};

/** What of a live contact within the scope an update builds on, locked until the transaction ends; undefined when there is none. */
export const lockContact = async (
  trx: Trx,
  id: string,
  scope: Scope,
): Promise<Pick<ContactRow, "email" | "phone" | "external_id" | "attrs"> | undefined> => {
  const home = homeSql(scope, "community_id");
  const { rows } = await trx.raw<{ rows: ContactRow[] }>(
    `select email, phone, external_id, attrs from contacts.contacts where id = ?::uuid and deleted_at is null${home.sql} for update`,
    bind(id, ...home.values),
  );
  return rows[0];
};

export interface ContactFilter {
  /** Whose contacts: required, so that nobody forgets it. */
  readonly within: Scope;
  readonly ids?: readonly string[] | undefined;
  readonly communityId?: string | undefined;
  readonly kind?: string | undefined;
  readonly stage?: string | undefined;
  readonly tag?: string | undefined;
  readonly reach?: "open" | "no_consent" | "suppressed" | "no_address" | undefined;
  /** Search: a tsquery, and an exact email or id. */
  readonly search?: { readonly tsquery: string; readonly email: string | null; readonly id: string | null } | undefined;
  /** A compiled segment rule over alias c. */
  readonly rule?: (RuleSql & { readonly outside?: RuleSql }) | undefined;
}

interface RuleSql {
  readonly sql: string;
  readonly bindings: readonly (string | number | boolean | string[] | number[])[];
}

export interface ContactPage {
  readonly limit: number;
  /** Contacts older than this id. */
  readonly before?: string | undefined;
}

const suppressed = "exists (select 1 from consent.v_suppressed s where s.channel = 'email' and s.address = c.email)";
const agreed = "exists (select 1 from consent.v_held h where h.contact_id = c.id and h.email = 'granted')";
const reachSql = {
  no_address: "c.email is null",
  suppressed: `c.email is not null and ${suppressed}`,
  no_consent: `c.email is not null and not ${suppressed} and not ${agreed}`,
  open: `c.email is not null and not ${suppressed} and ${agreed}`,
} as const;

/** The filter as a condition over `contacts.contacts c`; deleted contacts fulfil none. */
export const filterSql = (filter: ContactFilter): { readonly where: string; readonly values: readonly Bindable[] } => {
  const parts = ["c.deleted_at is null"];
  const values: Bindable[] = [];
  const add = (part: string, ...bound: Bindable[]) => {
    parts.push(part);
    values.push(...bound);
  };
  const home = homeSql(filter.within, "c.community_id");
  if (home.sql) add(home.sql.slice(" and ".length), ...home.values);
  if (filter.ids) add("c.id = any(?::uuid[])", filter.ids);
  if (filter.communityId) add("c.community_id = ?::uuid", filter.communityId);
  if (filter.kind) add("c.kind = ?::text", filter.kind);
  if (filter.stage) add("c.stage = ?::text", filter.stage);
  if (filter.reach) add(reachSql[filter.reach]);
  if (filter.tag)
    add(
      "c.id in (select ct.contact_id from contacts.contact_tags ct where ct.tag_id = (select t.id from contacts.tags t where lower(t.name) = lower(?::text)))",
      filter.tag,
    );
  if (filter.search) {
    const { tsquery, email, id } = filter.search;
    const found = ["c.search @@ to_tsquery('simple', ?::text)"];
    const bound: Bindable[] = [tsquery];
    if (email) {
      found.push("c.email = ?::text");
      bound.push(email);
    }
    if (id) {
      found.push("c.id = ?::uuid");
      bound.push(id);
    }
    add(`(${found.join(" or ")})`, ...bound);
  }
  if (filter.rule) add(filter.rule.sql, ...filter.rule.bindings);
  return { where: parts.join(" and "), values };
};

/** Live contacts that fulfil the filter, newest first. */
export const listContacts = async (sql: Sql, filter: ContactFilter & ContactPage): Promise<readonly ContactRow[]> => {
  const { where, values } = filterSql(filter);
  const { rows } = await sql.raw<{ rows: ContactRow[] }>(
    `select ${columns} from contacts.contacts c where ${where}${filter.before ? " and c.id < ?::uuid" : ""} order by c.id desc limit ?`,
    bind(...values, ...(filter.before ? [filter.before] : []), filter.limit),
  );
  return rows;
};

/** How many fulfil the filter; stops counting at `most`, when given. */
export const countContacts = async (sql: Sql, filter: ContactFilter, most?: number): Promise<number> => {
  const outside = most === undefined ? filter.rule?.outside : undefined;
  const all = filterSql(outside ? { ...filter, rule: undefined } : filter);
  const counted = `select count(*) from contacts.contacts c where ${all.where}`;
  const text =
    most !== undefined
      ? `select count(*) as n from (select 1 from contacts.contacts c where ${all.where} limit ?) counted`
      : outside
        ? `select (${counted}) - (${counted} and ${outside.sql}) as n`
        : `select (${counted}) as n`;
  const { rows } = await sql.raw<{ rows: { n: string }[] }>(
    text,
    bind(
      ...all.values,
      ...(most === undefined ? [] : [most]),
      ...(outside ? [...all.values, ...outside.bindings] : []),
    ),
  );
  return Number(rows[0]?.n ?? 0);
};

/**
 * Ids of contacts that a search finds, or undefined when there are more than `most`. Read through the search index
 * alone: beside an order Postgres would rather go through all contacts, which takes long when few are found.
 */
export const fewFound = async (
  trx: Trx,
  search: NonNullable<ContactFilter["search"]>,
  within: Scope,
  most: number,
): Promise<string[] | undefined> => {
  const { where, values } = filterSql({ search, within });
  await trx.raw("set local enable_seqscan = off");
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    `select c.id from contacts.contacts c where ${where} limit ?`,
    bind(...values, most + 1),
  );
  await trx.raw("set local enable_seqscan = on");
  return rows.length > most ? undefined : rows.map((row) => row.id);
};

/** Inserts a contact; without a community it joins the default one. Unique violations surface as they are. */
export const insertContact = async (trx: Trx, id: string, given: ContactColumns, attrs: object): Promise<void> => {
  await trx("contacts.contacts").insert({
    ...given,
    id,
    community_id: given.community_id ?? trx.raw("(select id from contacts.communities where is_default)"),
    attrs: JSON.stringify(attrs),
  });
};

/** Changes the given columns; attributes when `attrs` is given. */
export const updateContact = async (trx: Trx, id: string, given: ContactColumns, attrs?: object): Promise<void> => {
  await trx("contacts.contacts")
    .where({ id })
    .update({ ...given, ...(attrs ? { attrs: JSON.stringify(attrs) } : {}), updated_at: trx.fn.now() });
};

/** Marks a contact within the scope as deleted. False when there was none. */
export const deleteContact = async (trx: Trx, id: string, scope: Scope): Promise<boolean> => {
  const home = homeSql(scope, "community_id");
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update contacts.contacts set deleted_at = now() where id = ?::uuid and deleted_at is null${home.sql}`,
    bind(id, ...home.values),
  );
  return rowCount > 0;
};

/** Makes the contact carry exactly these tags; unknown ones are created, case does not matter. */
export const setTags = async (trx: Trx, id: string, names: readonly string[]): Promise<void> => {
  await trx.raw(
    `insert into contacts.tags (id, name)
     select make_uuid7(), name from (select distinct on (lower(name)) name from unnest(?::text[]) name order by lower(name)) given
     on conflict (lower(name)) do nothing`,
    bind(names),
  );
  await trx.raw(
    `delete from contacts.contact_tags where contact_id = ?::uuid
       and tag_id not in (select id from contacts.tags where lower(name) in (select lower(v) from unnest(?::text[]) v))`,
    bind(id, names),
  );
  await trx.raw(
    `insert into contacts.contact_tags (contact_id, tag_id)
     select ?::uuid, id from contacts.tags where lower(name) in (select lower(v) from unnest(?::text[]) v)
     on conflict do nothing`,
    bind(id, names),
  );
};

/** Id of the live contact within the scope that holds a unique value. */
export const findHolder = async (
  sql: Sql,
  column: "email" | "phone" | "external_id",
  value: string,
  scope: Scope,
): Promise<string | undefined> => {
  const home = homeSql(scope, "community_id");
  const { rows } = await sql.raw<{ rows: { id: string }[] }>(
    `select id from contacts.contacts where ?? = ? and deleted_at is null${home.sql} order by id limit 1`,
    bind(column, value, ...home.values),
  );
  return rows[0]?.id;
};

/** Attribute names in use: those of the newest contacts and those that any import wrote. */
export const attributeNames = async (sql: Sql, scope: Scope): Promise<readonly string[]> => {
  const home = homeSql(scope, "community_id");
  const own = ownedSql(scope, "communities");
  const { rows } = await sql.raw<{ rows: { name: string }[] }>(
    `select distinct name from (
       select jsonb_object_keys(attrs) as name from
         (select attrs from contacts.contacts where deleted_at is null${home.sql} order by id desc limit 20000) newest
       union all
       select substr(value, 7) from contacts.imports, jsonb_each_text(mapping) where value like 'attrs.%'${own.sql}
     ) found order by name limit 1000`,
    bind(...home.values, ...own.values),
  );
  return rows.map((row) => row.name);
};

/** Columns whose values may be suggested, by field. */
const valueColumns: ReadonlyMap<string, string> = new Map([
  ["firstName", "c.first_name"],
  ["lastName", "c.last_name"],
  ["orgName", "c.org_name"],
  ["timezone", "c.timezone"],
  ["externalId", "c.external_id"],
]);

/** Values of a field among the 20,000 newest contacts that contain `q`, the most frequent first; none for other fields. */
export const fieldValues = async (
  sql: Sql,
  field: string,
  q: string,
  { limit, within }: { readonly limit: number; readonly within: Scope },
): Promise<readonly string[]> => {
  const home = homeSql(within, "c.community_id");
  const key = field.startsWith("attrs.") ? field.slice("attrs.".length) : undefined;
  const column = key === undefined ? valueColumns.get(field) : "c.attrs ->> ?::text";
  if (column === undefined) return [];
  const { rows } = await sql.raw<{ rows: { value: string }[] }>(
    `select value from (
       select ${column} as value from contacts.contacts c where c.deleted_at is null${home.sql} order by c.id desc limit 20000
     ) newest
     where value <> '' and position(lower(?::text) in lower(value)) > 0 group by value order by count(*) desc, value limit ?`,
    bind(...(key === undefined ? [] : [key]), ...home.values, q, limit),
  );
  return rows.map((row) => row.value);
};
