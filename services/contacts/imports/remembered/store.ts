// SQL of what is remembered about files: how those with the same columns were read, and where single columns went.
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { ownedSql } from "../../../../shared/db/scope-sql.ts";
import { bind } from "../../../../shared/lib/bind.ts";
import type { Scope } from "../../../../shared/lib/scope.ts";

export interface RememberedFile {
  readonly fileName: string;
  readonly mapping: Record<string, string>;
  readonly options: Record<string, unknown>;
  readonly at: Date;
}

/** Keeps how a file was read; of several with the same columns the last counts. */
export const keepFile = async (
  trx: Trx,
  fingerprint: string,
  file: Omit<RememberedFile, "at" | "fileName"> & { readonly importId: string },
): Promise<void> => {
  await trx.raw(
    `insert into contacts.import_mappings as held (fingerprint, file_name, mapping, options, communities)
     select ?::text, file_name, ?::jsonb, ?::jsonb, communities from contacts.imports where id = ?::uuid
     on conflict (fingerprint) do update set
       file_name = excluded.file_name, mapping = excluded.mapping, options = excluded.options,
       communities = excluded.communities, used_at = excluded.used_at`,
    bind(fingerprint, JSON.stringify(file.mapping), JSON.stringify(file.options), file.importId),
  );
};

/** Keeps where columns went; an empty field: it was left out. Headers are given once each, as they are compared. */
export const keepColumns = async (trx: Trx, columns: ReadonlyMap<string, string>): Promise<void> => {
  await trx.raw(
    `insert into contacts.import_columns as held (header, field)
     select * from unnest(?::text[], ?::text[]) as t (header, field) order by header
     on conflict (header) do update set field = excluded.field, used_at = excluded.used_at`,
    bind([...columns.keys()], [...columns.values()]),
  );
};

/** How files with these columns were read last within the scope, or undefined. */
export const findFile = async (sql: Sql, fingerprint: string, scope: Scope): Promise<RememberedFile | undefined> => {
  const own = ownedSql(scope, "communities");
  const { rows } = await sql.raw<{ rows: RememberedFile[] }>(
    `select file_name as "fileName", mapping, options, used_at as at from contacts.import_mappings where fingerprint = ?::text${own.sql}`,
    bind(fingerprint, ...own.values),
  );
  return rows[0];
};

/** Where columns of these names went last. */
export const findColumns = async (sql: Sql, headers: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await sql.raw<{ rows: { header: string; field: string }[] }>(
    "select header, field from contacts.import_columns where header = any(?::text[])",
    bind(headers),
  );
  return new Map(rows.map((row) => [row.header, row.field]));
};
