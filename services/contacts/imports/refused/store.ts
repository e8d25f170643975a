// SQL of the rows that an import refused, with their reasons.
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { bind } from "../../../../shared/lib/bind.ts";
import type { BadRow, RowError } from "../row-input.ts";

/** Keeps refused rows with their reasons; cells are cut so that a row of errors stays small. */
export const storeRefusedRows = async (trx: Trx, id: string, refused: readonly BadRow[]): Promise<void> => {
  if (refused.length === 0) return;
  const text = (cell: string) => cell.slice(0, 500).replaceAll("\0", "␀").toWellFormed();
  const rows = refused.map((bad) => ({
    row: bad.row,
    errors: bad.errors.map((error) => ({ column: text(error.column), message: text(error.message) })),
    raw: JSON.stringify(bad.cells.slice(0, 1000).map(text)),
  }));
  await trx.raw(
    `insert into contacts.import_errors (import_id, row_number, errors, raw)
     select ?::uuid, r.row, r.errors, r.raw from json_to_recordset(?::json) as r (row int, errors jsonb, raw text) on conflict do nothing`,
    bind(id, JSON.stringify(rows)),
  );
};

export interface RefusedRow {
  readonly row: number;
  readonly errors: RowError[];
  readonly cells: string[];
}

/** Refused rows in the order of the file, after row `after`. */
export const readRefusedRows = async (
  sql: Sql,
  id: string,
  page: { readonly limit: number; readonly after: number },
): Promise<readonly RefusedRow[]> => {
  const { rows } = await sql.raw<{ rows: { row: number; errors: RowError[]; raw: string }[] }>(
    `select row_number as row, errors, raw from contacts.import_errors
     where import_id = ?::uuid and row_number > ?::int order by row_number limit ?`,
    bind(id, page.after, page.limit),
  );
  return rows.map((row) => ({ row: row.row, errors: row.errors, cells: JSON.parse(row.raw) as string[] }));
};

/** The headers of an import's file, as far as it was read. */
export const readHeaders = async (sql: Sql, id: string): Promise<readonly string[]> => {
  const { rows } = await sql.raw<{ rows: { headers: string[] | null }[] }>(
    "select options -> 'headers' as headers from contacts.imports where id = ?::uuid",
    bind(id),
  );
  return rows[0]?.headers ?? [];
};
