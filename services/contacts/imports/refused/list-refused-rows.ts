// Shows the rows that an import refused: a page of them, or all as CSV to be corrected and imported again.
import type { Deps } from "../../../../shared/broker/deps.ts";
import { cursorInvalid } from "../../../../shared/contracts/errors.ts";
import { csvLine, neutralised } from "../../../../shared/lib/csv-line.ts";
import { decodeCursor, encodeCursor } from "../../../../shared/lib/cursor.ts";
import { getImport } from "../get-import.ts";
import type { RowError } from "../row-input.ts";
import { type RefusedRow, readHeaders, readRefusedRows } from "./store.ts";

const PAGE = 1000;
/** Characters after which the CSV ends with a line that says so: the answer is one message between processes. */
const MAX_CSV = 16_000_000;

const rowOfCursor = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0;
  const [row] = decodeCursor(cursor, 1) ?? [];
  if (typeof row !== "number" || !Number.isInteger(row) || row < 0 || row > 2_147_483_647) throw cursorInvalid();
  return row;
};

/** One page in the order of the file. Throws IMPORT_NOT_FOUND. */
export const listRefusedRows = async (
  deps: Deps,
  params: { readonly id: string; readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ data: { row: number; errors: RowError[]; raw: string }[]; nextCursor: string | null; total: number }> => {
  const { failed } = await getImport(deps, params);
  const rows = await readRefusedRows(deps.db, params.id, {
    limit: params.limit + 1,
    after: rowOfCursor(params.cursor),
  });
  const data = rows.slice(0, params.limit);
  const last = data.at(-1);
  return {
    data: data.map(({ row, errors, cells }) => ({ row, errors, raw: csvLine(cells) })),
    nextCursor: rows.length > params.limit && last ? encodeCursor([last.row]) : null,
    total: failed,
  };
};

const reasonOf = ({ errors }: RefusedRow) =>
  errors.map(({ column, message }) => (column ? `${column}: ${message}` : message)).join("; ");

/**
 * The refused rows as CSV with a byte order mark: the columns of the file, then `row` and `error`. Cells that a
 * spreadsheet would run as a formula start with '. Ends with a line that says so when it grows beyond 16 MB.
 */
export const exportRefusedRows = async (deps: Deps, { id }: { readonly id: string }): Promise<string> => {
  const { failed } = await getImport(deps, { id });
  const headers = await readHeaders(deps.db, id);
  const line = (cells: readonly string[]) => `${csvLine(cells.map(neutralised))}\r\n`;
  let csv = `\ufeff${line([...headers, "row", "error"])}`;
  let listed = 0;
  for (let after = 0; ; ) {
    const rows = await readRefusedRows(deps.db, id, { limit: PAGE, after });
    for (const refused of rows) {
      const cells = headers.map((_, index) => refused.cells[index] ?? "");
      csv += line([...cells, String(refused.row), reasonOf(refused)]);
    }
    listed += rows.length;
    after = rows.at(-1)?.row ?? after;
    if (rows.length < PAGE) return csv;
    if (csv.length > MAX_CSV)
      return `${csv}${line([...headers.map(() => ""), "", `${failed - listed} more rows are not listed here; correct these first`])}`;
  }
};
