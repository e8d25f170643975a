// SQL of what bulk acts do to the contacts of one chunk. Everything counts only live contacts and repeats without effect.
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { type Bindable, bind } from "../../../../shared/lib/bind.ts";
import type { ContactRow } from "../../contacts/contact-row.ts";

export interface Changed {
  /** Contacts of the chunk that are still there. */
  readonly live: number;
  /** Those of them that were changed. */
  readonly changed: number;
}

const one = async (trx: Trx, text: string, values: readonly Bindable[]): Promise<Changed> => {
  const { rows } = await trx.raw<{ rows: { live: string; changed: string }[] }>(text, bind(...values));
  return { live: Number(rows[0]?.live ?? 0), changed: Number(rows[0]?.changed ?? 0) };
};

const live = `live as (select id from contacts.contacts where id = any(?::uuid[]) and deleted_at is null order by id for no key update)`;
const touch = (from: string) =>
  `touched as (update contacts.contacts set updated_at = now() where id in (select contact_id from ${from}))`;
const tagId = "(select id from contacts.tags where lower(name) = lower(?::text))";

/** Gives the contacts a tag, which is made when there is none of this name. */
export const addTag = async (trx: Trx, ids: readonly string[], tag: string): Promise<Changed> => {
  await trx.raw(
    "insert into contacts.tags (id, name) values (make_uuid7(), ?::text) on conflict (lower(name)) do nothing",
    bind(tag),
  );
  return one(
    trx,
    `with ${live}, added as (
       insert into contacts.contact_tags (contact_id, tag_id) select id, ${tagId} from live on conflict do nothing returning contact_id
     ), ${touch("added")} select (select count(*) from live) as live, (select count(*) from added) as changed`,
    [ids, tag],
  );
};

/** Takes a tag off the contacts. */
export const takeTag = (trx: Trx, ids: readonly string[], tag: string): Promise<Changed> =>
  one(
    trx,
    `with ${live}, taken as (
       delete from contacts.contact_tags where tag_id = ${tagId} and contact_id in (select id from live) returning contact_id
     ), ${touch("taken")} select (select count(*) from live) as live, (select count(*) from taken) as changed`,
    [ids, tag],
  );

/** Moves the contacts to a community. */
export const moveTo = (trx: Trx, ids: readonly string[], communityId: string): Promise<Changed> =>
  one(
    trx,
    `with ${live}, moved as (
       update contacts.contacts set community_id = ?::uuid, updated_at = now()
       where id in (select id from live) and community_id <> ?::uuid returning id
     ) select (select count(*) from live) as live, (select count(*) from moved) as changed`,
    [ids, communityId, communityId],
  );

/** Marks the contacts as deleted; returns the ids of those that were there. */
export const deleteContacts = async (trx: Trx, ids: readonly string[]): Promise<string[]> => {
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    `with ${live} update contacts.contacts set deleted_at = now() where id in (select id from live) returning id`,
    bind(ids),
  );
  return rows.map((row) => row.id);
};

/** The address of each live contact on a channel; null when it has none. Locked: whoever erases one of them waits for what is written of it. */
export const addressesOf = async (
  trx: Trx,
  ids: readonly string[],
  column: "email" | "phone",
): Promise<readonly (string | null)[]> => {
  const { rows } = await trx.raw<{ rows: { address: string | null }[] }>(
    "select ?? as address from contacts.contacts where id = any(?::uuid[]) and deleted_at is null order by id for key share",
    bind(column, ids),
  );
  return rows.map((row) => row.address);
};

export type ExportRow = ContactRow & { readonly community: string };

/** Live contacts of a chunk with tags and the name of their community, in the order of their making. */
export const exportRows = async (sql: Sql, ids: readonly string[]): Promise<readonly ExportRow[]> => {
  const { rows } = await sql.raw<{ rows: ExportRow[] }>(
    `select c.*, m.name as community,
       array(select t.name from contacts.contact_tags ct join contacts.tags t on t.id = ct.tag_id
             where ct.contact_id = c.id order by lower(t.name)) as tags
     from contacts.contacts c join contacts.communities m on m.id = c.community_id
     where c.id = any(?::uuid[]) and c.deleted_at is null order by c.id`,
    bind(ids),
  );
  return rows;
};
