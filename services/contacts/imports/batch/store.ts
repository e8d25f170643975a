// SQL of one batch of an import: a handful of statements whatever its size. Rows travel as one array per column.
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { idArray, textArray } from "../../../../shared/lib/array-text.ts";
import { bind } from "../../../../shared/lib/bind.ts";
import { keepChanges } from "../undo/store.ts";
import type { ContactWrite, KnownContact } from "./match-rows.ts";

/**
 * Equals one of a parameter's values, by index. The planner cannot see the array: with the values before its eyes and a
 * table that was not analysed yet, it reads the whole table for every batch.
 */
const oneOf = (type: "text" | "uuid") => `any(array(select unnest(?::${type}[])))`;

/** Live contacts that share an email, number or external id with one of the given; `foreign` are those of other communities. */
export const findKnown = async (
  sql: Sql,
  keys: {
    readonly emails: readonly string[];
    readonly phones: readonly string[];
    readonly externalIds: readonly string[];
  },
  communities: readonly string[] | null,
): Promise<readonly KnownContact[]> => {
  const foreign = communities ? ", community_id <> all(?::uuid[]) as foreign" : "";
  const columns = `select id, email, phone, kind, external_id as "externalId"${foreign} from contacts.contacts where deleted_at is null and`;
  const parts = [
    { sql: `${columns} email = ${oneOf("text")}`, values: keys.emails },
    { sql: `${columns} phone = ${oneOf("text")}`, values: keys.phones },
    { sql: `${columns} source = 'manual' and external_id = ${oneOf("text")}`, values: keys.externalIds },
  ].filter((part) => part.values.length > 0);
  if (parts.length === 0) return [];
  const { rows } = await sql.raw<{ rows: KnownContact[] }>(
    parts.map((part) => part.sql).join(" union "),
    bind(...parts.flatMap((part) => [...(communities ? [idArray(communities)] : []), textArray(part.values)])),
  );
  return rows;
};

const idsOf = (rows: readonly { readonly id: string }[]) => idArray(rows.map((row) => row.id));

/** Ids by lower-case name; names that are missing are created. Rows that others make at the same time are found too. */
const idsByName = async (
  trx: Trx,
  table: "contacts.tags" | "contacts.communities",
  names: readonly string[],
): Promise<Map<string, string>> => {
  if (names.length === 0) return new Map();
  await trx.raw(
    `insert into ${table} (id, name)
     select make_uuid7(), name from (select distinct on (lower(name)) name from unnest(?::text[]) name order by lower(name)) given
     where not exists (select 1 from ${table} t where lower(t.name) = lower(given.name))
     on conflict (lower(name)) do nothing`,
    bind(names),
  );
  const { rows } = await trx.raw<{ rows: { name: string; id: string }[] }>(
    `select given.name, t.id from unnest(?::text[]) given (name) join ${table} t on lower(t.name) = lower(given.name)`,
    bind(names),
  );
  return new Map(rows.map((row) => [row.name, row.id]));
};

const distinct = (values: readonly (string | undefined)[]): string[] => [
  ...new Set(values.filter((value): value is string => value !== undefined)),
];

/** Field of a write → column and type. Only those that a batch uses travel, as one array each: half the cost of JSON. */
const fields = {
  email: { column: "email", type: "text" },
  phone: { column: "phone", type: "text" },
  kind: { column: "kind", type: "text" },
  externalId: { column: "external_id", type: "text" },
  firstName: { column: "first_name", type: "text" },
  lastName: { column: "last_name", type: "text" },
  orgName: { column: "org_name", type: "text" },
  community: { column: "community_id", type: "uuid" },
  timezone: { column: "timezone", type: "text" },
  stage: { column: "stage", type: "text" },
  attrs: { column: "attrs", type: "text" },
} as const;
type Field = keyof typeof fields;
type Ids = ReadonlyMap<string, string>;

/** The writes as a table `r` of a statement: its columns, and one array per column. */
const travelling = (rows: readonly ContactWrite[], communities: Ids, always: readonly Field[] = []) => {
  const used = (Object.keys(fields) as Field[]).filter(
    (field) => always.includes(field) || rows.some((row) => row[field] !== undefined),
  );
  const cellOf = (row: ContactWrite, field: Field): string | undefined => {
    if (field === "attrs") return row.attrs && JSON.stringify(row.attrs);
    return field === "community" && row.community !== undefined ? communities.get(row.community) : row[field];
  };
  return {
    used,
    from: `unnest(${["?::uuid[]", ...used.map((field) => `?::${fields[field].type}[]`)].join(", ")}) as r (${["id", ...used.map((field) => fields[field].column)].join(", ")})`,
    arrays: [idsOf(rows), ...used.map((field) => textArray(rows.map((row) => cellOf(row, field))))],
  };
};

/** Code of the error for contacts that changed between being found and being written; Postgres's for such conflicts. */
export const MATCH_IS_OLD = "40001";

/** Inserts new contacts. Raises a unique violation when somebody else just made one of them. */
const insertContacts = async (
  trx: Trx,
  rows: readonly ContactWrite[],
  communities: Ids,
  { importId, communityId }: BatchContext,
): Promise<void> => {
  const { used, from, arrays } = travelling(rows, communities, ["kind", "community", "stage", "attrs"]);
  const community = "coalesce(r.community_id, ?::uuid, (select id from contacts.communities where is_default))";
  const values: Partial<Record<Field, string>> = {
    community,
    stage: "coalesce(r.stage, 'awareness')",
    attrs: "coalesce(r.attrs, '{}')::jsonb",
  };
  // The community's placeholder stands where its column does; the others follow in the from clause.
  await trx.raw(
    `insert into contacts.contacts (id, import_id, ${used.map((field) => fields[field].column).join(", ")})
     select r.id, ?::uuid, ${used.map((field) => values[field] ?? `r.${fields[field].column}`).join(", ")} from ${from}`,
    bind(importId, communityId, ...arrays),
  );
};

/** Changes contacts that are there, and keeps what they were for undoing. Those of this very import keep their time. */
const updateContacts = async (
  trx: Trx,
  rows: readonly ContactWrite[],
  communities: Ids,
  { importId, within }: BatchContext,
): Promise<void> => {
  const { used, from, arrays } = travelling(rows, communities);
  await keepChanges(trx, importId, { columns: used.map((field) => fields[field].column), from, arrays });
  const sets = used.map((field) => {
    const { column } = fields[field];
    return field === "attrs"
      ? "attrs = c.attrs || coalesce(r.attrs, '{}')::jsonb"
      : `${column} = coalesce(r.${column}, c.${column})`;
  });
  // A contact whom nobody touched since an import made it has two equal times: undoing goes by that.
  const touched = "case when c.import_id = ?::uuid and c.updated_at = c.created_at then c.updated_at else now() end";
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update contacts.contacts c set ${[`updated_at = ${touched}`, ...sets].join(", ")} from ${from}
     where c.id = r.id and c.id = ${oneOf("uuid")} and c.deleted_at is null${within ? " and c.community_id = any(?::uuid[])" : ""}`,
    bind(importId, ...arrays, arrays[0], ...(within ? [within] : [])),
  );
  // Deleted, or moved elsewhere, since they were found: their rows must be looked at again, or they would be lost.
  if (rowCount !== rows.length)
    throw Object.assign(new Error("contacts of the batch were deleted meanwhile"), { code: MATCH_IS_OLD });
};

/** Tags of contacts; those of new ones cannot be there yet, which saves Postgres a look per row. */
const addTags = async (
  trx: Trx,
  writes: readonly ContactWrite[],
  tagIds: Ids,
  importId: string,
  isNew: boolean,
): Promise<void> => {
  const contactIds: string[] = [];
  const ids: string[] = [];
  for (const { id: contactId, tags } of writes) {
    if (!tags) continue;
    const own = tags.map((tag) => tagIds.get(tag));
    for (const [at, id] of own.entries()) {
      if (id === undefined || own.indexOf(id) < at) continue;
      contactIds.push(contactId);
      ids.push(id);
    }
  }
  if (ids.length === 0) return;
  // A tag that another import gave and this one repeats belongs to neither: undoing one of them leaves it.
  const conflict = `on conflict (tag_id, contact_id) do update set import_id = null
    where held.import_id is not null and held.import_id <> excluded.import_id`;
  await trx.raw(
    `insert into contacts.contact_tags as held (contact_id, tag_id, import_id)
     select contact_id, tag_id, ?::uuid from unnest(?::uuid[], ?::uuid[]) as t (contact_id, tag_id) ${isNew ? "" : conflict}`,
    bind(importId, idArray(contactIds), idArray(ids)),
  );
};

export interface BatchContext {
  readonly importId: string;
  /** Community of new contacts whose row names none; the default one when absent. */
  readonly communityId?: string | undefined;
  /** Only contacts of these communities are changed; null: all. */
  readonly within: readonly string[] | null;
}

/** Writes contacts with their tags; communities and tags are created when they are first named. */
export const writeContacts = async (
  trx: Trx,
  { inserts, updates }: { readonly inserts: readonly ContactWrite[]; readonly updates: readonly ContactWrite[] },
  context: BatchContext,
): Promise<void> => {
  const all = [...inserts, ...updates];
  const communities = await idsByName(trx, "contacts.communities", distinct(all.map((write) => write.community)));
  const tags = await idsByName(trx, "contacts.tags", distinct(all.flatMap((write) => write.tags ?? [])));
  // Updates first: they may free an email or number that an insert takes.
  if (updates.length > 0) await updateContacts(trx, updates, communities, context);
  if (inserts.length > 0) await insertContacts(trx, inserts, communities, context);
  await addTags(trx, inserts, tags, context.importId, true);
  await addTags(trx, updates, tags, context.importId, false);
};
