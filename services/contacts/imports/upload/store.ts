// SQL of uploads: a file arrives in chunks that any process can read, before anything is imported.
import type { Sql } from "../../../../shared/db/knex.ts";
import { ownedSql } from "../../../../shared/db/scope-sql.ts";
import { bind } from "../../../../shared/lib/bind.ts";
import type { Scope } from "../../../../shared/lib/scope.ts";

/** Makes room for an upload of somebody limited to these communities (null: to none), and throws away those that were begun a day ago and never finished. */
export const insertUpload = async (
  sql: Sql,
  id: string,
  fileName: string,
  communities: readonly string[] | null,
): Promise<void> => {
  await sql.raw("delete from contacts.imports where status = 'uploading' and created_at < now() - interval '1 day'");
  await sql.raw(
    "insert into contacts.imports (id, status, file_name, communities) values (?::uuid, 'uploading', ?::text, ?::uuid[])",
    bind(id, fileName, communities ?? undefined),
  );
};

/** Stores a chunk of an upload; the same chunk again changes nothing. False when there is no such upload. */
export const insertChunk = async (
  sql: Sql,
  { id, seq, data }: { readonly id: string; readonly seq: number; readonly data: Buffer },
  scope: Scope,
): Promise<boolean> => {
  const own = ownedSql(scope, "communities");
  const { rows } = await sql.raw<{ rows: unknown[] }>(
    `with upload as (select id from contacts.imports where id = ?::uuid and status = 'uploading'${own.sql}),
       stored as (insert into contacts.import_chunks (import_id, seq, data) select id, ?::int, ?::bytea from upload on conflict do nothing)
     select 1 from upload`,
    bind(id, ...own.values, seq, data),
  );
  return rows.length > 0;
};

/** Deletes an upload that was not submitted. False when there is none. */
export const deleteUpload = async (sql: Sql, id: string, scope: Scope): Promise<boolean> => {
  const own = ownedSql(scope, "communities");
  const { rowCount } = await sql.raw<{ rowCount: number }>(
    `delete from contacts.imports where id = ?::uuid and status = 'uploading'${own.sql}`,
    bind(id, ...own.values),
  );
  return rowCount > 0;
};

/** One chunk of the file, or undefined after the last. */
export const readChunk = async (sql: Sql, id: string, seq: number): Promise<Buffer | undefined> => {
  const { rows } = await sql.raw<{ rows: { data: Buffer }[] }>(
    "select data from contacts.import_chunks where import_id = ?::uuid and seq = ?::int",
    bind(id, seq),
  );
  return rows[0]?.data;
};
