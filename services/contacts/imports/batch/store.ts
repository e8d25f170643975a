// SQL of one batch of an import: a handful of statements whatever its size. Rows travel as one JSON value.
import type { Trx } from "../../../../shared/db/knex.ts";
import { bind } from "../../../../shared/lib/bind.ts";
import type { ContactWrite, KnownContact } from "./match-rows.ts";

/** Live contacts that share an email, number or external id with one of the given. */
export const findKnown = async (
  trx: Trx,
  keys: {
    readonly emails: readonly string[];
    readonly phones: readonly string[];
    readonly externalIds: readonly string[];
  },
): Promise<readonly KnownContact[]> => {
  const columns = `select id, email, phone, kind, external_id as "externalId" from contacts.contacts where deleted_at is null and`;
  const parts = [
    { sql: `${columns} email = any(?::text[])`, values: keys.emails },
    { sql: `${columns} phone = any(?::text[])`, values: keys.phones },
    { sql: `${columns} source = 'manual' and external_id = any(?::text[])`, values: keys.externalIds },
  ].filter((part) => part.values.length > 0);
  if (parts.length === 0) return [];
  const { rows } = await trx.raw<{ rows: KnownContact[] }>(
    parts.map((part) => part.sql).join(" union "),
    bind(...parts.map((part) => part.values)),
  );
  return rows;
};

/** Ids by lower-case name; names that are missing are created. Rows that others make at the same time are found too. */
const idsOf = async (
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

const shape = `json_to_recordset(?::json) as r (id uuid, email text, phone text, kind text, "externalId" text,
  "firstName" text, "lastName" text, "orgName" text, "communityId" uuid, timezone text, stage text, attrs jsonb)`;

/** Inserts new contacts. Raises a unique violation when somebody else just made one of them. */
const insertContacts = async (trx: Trx, rows: string, { importId, communityId }: BatchContext): Promise<void> => {
  await trx.raw(
    `insert into contacts.contacts (id, email, phone, kind, external_id, first_name, last_name, org_name, community_id, timezone, stage, attrs, import_id)
     select r.id, r.email, r.phone, r.kind, r."externalId", r."firstName", r."lastName", r."orgName",
       coalesce(r."communityId", ?::uuid, (select id from contacts.communities where is_default)), r.timezone,
       coalesce(r.stage, 'awareness'), coalesce(r.attrs, '{}'), ?::uuid
     from ${shape}`,
    bind(communityId, importId, rows),
  );
};

const updateContacts = async (trx: Trx, rows: string): Promise<void> => {
  await trx.raw(
    `update contacts.contacts c set
       email = coalesce(r.email, c.email), phone = coalesce(r.phone, c.phone), kind = coalesce(r.kind, c.kind),
       external_id = coalesce(r."externalId", c.external_id), first_name = coalesce(r."firstName", c.first_name),
       last_name = coalesce(r."lastName", c.last_name), org_name = coalesce(r."orgName", c.org_name),
       community_id = coalesce(r."communityId", c.community_id), timezone = coalesce(r.timezone, c.timezone),
       stage = coalesce(r.stage, c.stage), attrs = case when r.attrs is null then c.attrs else c.attrs || r.attrs end,
       updated_at = now()
     from ${shape} where c.id = r.id and c.deleted_at is null`,
    bind(rows),
  );
};

const addTags = async (
  trx: Trx,
  writes: readonly ContactWrite[],
  tagIds: ReadonlyMap<string, string>,
): Promise<void> => {
  const pairs = writes
    .flatMap((write) => (write.tags ?? []).map((tag) => [write.id, tagIds.get(tag)] as const))
    .filter(([, tag]) => tag);
  if (pairs.length === 0) return;
  await trx.raw(
    "insert into contacts.contact_tags (contact_id, tag_id) select * from unnest(?::uuid[], ?::uuid[]) on conflict do nothing",
    bind(
      pairs.map(([contact]) => contact),
      pairs.map(([, tag]) => tag ?? null),
    ),
  );
};

export interface BatchContext {
  readonly importId: string;
  /** Community of new contacts whose row names none; the default one when absent. */
  readonly communityId?: string | undefined;
}

/** Writes contacts with their tags; communities and tags are created when they are first named. */
export const writeContacts = async (
  trx: Trx,
  { inserts, updates }: { readonly inserts: readonly ContactWrite[]; readonly updates: readonly ContactWrite[] },
  context: BatchContext,
): Promise<void> => {
  const all = [...inserts, ...updates];
  const communities = await idsOf(trx, "contacts.communities", distinct(all.map((write) => write.community)));
  const tags = await idsOf(trx, "contacts.tags", distinct(all.flatMap((write) => write.tags ?? [])));
  const rowsOf = (writes: readonly ContactWrite[]) =>
    JSON.stringify(
      writes.map(({ tags: _tags, community, ...fields }) =>
        community === undefined ? fields : { ...fields, communityId: communities.get(community) },
      ),
    );
  // Updates first: they may free an email or number that an insert takes.
  if (updates.length > 0) await updateContacts(trx, rowsOf(updates));
  if (inserts.length > 0) await insertContacts(trx, rowsOf(inserts), context);
  await addTags(trx, all, tags);
};
