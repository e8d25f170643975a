// SQL of communities beyond plain CRUD.
import type { Sql, Trx } from "../../../shared/db/knex.ts";
import { bind } from "../../../shared/lib/bind.ts";

/** A community, locked until the transaction ends, and whether live contacts belong to it. */
export const lockCommunity = async (
  trx: Trx,
  id: string,
): Promise<{ readonly isDefault: boolean; readonly inUse: boolean } | undefined> => {
  const { rows } = await trx.raw<{ rows: { is_default: boolean; in_use: boolean }[] }>(
    `select is_default, exists (select 1 from contacts.contacts where community_id = c.id and deleted_at is null) as in_use
     from contacts.communities c where id = ?::uuid for update`,
    bind(id),
  );
  const [row] = rows;
  return row && { isDefault: row.is_default, inUse: row.in_use };
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
