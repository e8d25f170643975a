// Contacts as lines of CSV: columns that an import takes back, cells that no spreadsheet runs as a formula.
import { csvLine, neutralised } from "../../../../shared/lib/csv-line.ts";
import type { ExportRow } from "./store.ts";

const columns: Readonly<Record<string, (row: ExportRow) => string | null>> = {
  email: (row) => row.email,
  phone: (row) => row.phone,
  firstName: (row) => row.first_name,
  lastName: (row) => row.last_name,
  orgName: (row) => row.org_name,
  kind: (row) => row.kind,
  community: (row) => row.community,
  tags: (row) => row.tags.join(";"),
  externalId: (row) => row.external_id,
  timezone: (row) => row.timezone,
  stage: (row) => row.stage,
  score: (row) => String(row.score),
  createdAt: (row) => row.created_at.toISOString(),
};

const line = (cells: readonly string[]) => `${csvLine(cells.map(neutralised))}\r\n`;

/** The first line of the file, with the byte order mark by which spreadsheets know UTF-8. */
export const exportHead = (attributes: readonly string[]): string =>
  `\ufeff${line([...Object.keys(columns), ...attributes.map((name) => `attrs.${name}`)])}`;

/** One line per contact. */
export const exportLines = (rows: readonly ExportRow[], attributes: readonly string[]): string =>
  rows
    .map((row) =>
      line([
        ...Object.values(columns).map((cell) => cell(row) ?? ""),
        ...attributes.map((name) => {
          const value = Object.hasOwn(row.attrs, name) ? row.attrs[name] : null;
          return value === null || value === undefined ? "" : String(value);
        }),
      ]),
    )
    .join("");
