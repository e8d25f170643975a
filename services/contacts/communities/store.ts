// SQL of communities beyond plain CRUD.
import type { Sql, Trx } from "../../../shared/db/knex.ts";
import { bind } from "../../../shared/lib/bind.ts";

/** A community, locked until the transaction ends, and whether live contacts belong to it, or people are limited to it. */
export const lockCommunity = async (
  trx: Trx,
  id: string,
): Promise<{ readonly isDefault: boolean; readonly inUse: boolean; readonly limits: boolean } | undefined> => {
  const { rows } = await trx.raw<{ rows: { is_default: boolean; in_use: boolean; limits: boolean }[] }>(
    `select is_default, exists (select 1 from contacts.contacts where community_id = c.id and deleted_at is null) as in_use,
       exists (select 1 from accounts.v_limits l where l.community_id = c.id) as limits
     from contacts.communities c where id = ?::uuid for update`,
    bind(id),
  );
  const [row] = rows;
  return row && { isDefault: row.is_default, inUse: row.in_use, limits: row.limits };
};

/** Deletes a community; contacts that were deleted before move to the default one, so that their history keeps a home. */
export const deleteCommunity = async (trx: Trx, id: string): Promise<void> => {
  await trx.raw(
    `update contacts.contacts set community_id = (select id from contacts.communities where is_default)
     where community_id = ?::uuid and deleted_at is not null`,
    bind(id),
  );
  await trx.raw("delete from contacts.communities where id = ?::uuid", bind(id));
};

/** True when the community exists. */
export const communityExists = async (sql: Sql, id: string): Promise<boolean> => {
  const { rows } = await sql.raw<{ rows: unknown[] }>(
    "select 1 from contacts.communities where id = ?::uuid",
    bind(id),
  );
  return rows.length > 0;
};

/** Those of the contacts that belong to one of the communities, by id; locked, so that it stays so. */
export const stillIn = async (trx: Trx, ids: readonly string[], communities: readonly string[]): Promise<string[]> => {
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    `select id from contacts.contacts where id = any(?::uuid[]) and community_id = any(?::uuid[]) order by id for no key update`,
    bind(ids, communities),
  );
  return rows.map((row) => row.id);
};

/** Names of communities, those of the ids that exist. */
export const namesOf = async (sql: Sql, ids: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await sql.raw<{ rows: { name: string }[] }>(
    "select name from contacts.communities where id = any(?::uuid[]) order by lower(name)",
    bind(ids),
  );
  return rows.map((row) => row.name);
};

/** True when the contact belongs, or belonged when it was deleted, to one of the communities. */
export const livedIn = async (sql: Sql, contactId: string, communities: readonly string[]): Promise<boolean> => {
  const { rows } = await sql.raw<{ rows: unknown[] }>(
    "select 1 from contacts.contacts where id = ?::uuid and community_id = any(?::uuid[])",
    bind(contactId, communities),
  );
  return rows.length > 0;
};

/** True when live contacts have this email or number, and all of them are within the communities. */
export const addressWithin = async (sql: Sql, address: string, communities: readonly string[]): Promise<boolean> => {
  const { rows } = await sql.raw<{ rows: { within: boolean | null }[] }>(
    `select bool_and(community_id = any(?::uuid[])) as within from contacts.contacts
     where deleted_at is null and (email = ?::text or phone = ?::text)`,
    bind(communities, address, address),
  );
  return rows[0]?.within === true;
};
