// Remembers how a file was read when its import is submitted, and suggests the same for the next one with these columns.
// Consent is never remembered: it is given anew for each list.
import { createHash } from "node:crypto";
import { ImportOptions } from "../../../../shared/contracts/imports.ts";
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import type { Scope } from "../../../../shared/lib/scope.ts";
import { type CsvHead, readHead } from "../csv-head.ts";
import type { Options } from "../store.ts";
import { suggestMapping } from "../suggest-mapping.ts";
import { findColumns, findFile, keepColumns, keepFile } from "./store.ts";

const RememberedOptions = ImportOptions.omit({ consent: true });
/** Columns of one file that are remembered by name. */
const MOST_COLUMNS = 200;

const nameOf = (header: string) => header.trim().toLowerCase().normalize("NFC").slice(0, 200);
/** The same for the same columns, in whatever order. */
const fingerprintOf = (headers: readonly string[]) =>
  createHash("sha256")
    .update(JSON.stringify([...headers].map(nameOf).sort()))
    .digest("hex");

/** Keeps mapping and options of a file whose first bytes are given. */
export const rememberFile = async (
  trx: Trx,
  file: {
    readonly importId: string;
    readonly head: Buffer;
    readonly headers: readonly string[];
    readonly mapping: Readonly<Record<string, string>>;
    readonly options: Options;
  },
): Promise<void> => {
  const { importId, mapping } = file;
  const { consent: _consent, ...options } = file.options;
  // As it is recognised without anybody's choice: so the next one is found, too.
  const recognised = await readHead(file.head, {});
  await keepFile(trx, fingerprintOf(recognised.headers), { importId, mapping, options });
  const columns = new Map(
    file.headers
      .slice(0, MOST_COLUMNS)
      .filter((header) => header !== "")
      .map((header) => [nameOf(header), mapping[header] ?? ""]),
  );
  if (columns.size > 0) await keepColumns(trx, columns);
};

/** Where the columns probably go: as a column of that name went last time, else by what its name means. */
const mappingByName = async (sql: Sql, headers: readonly string[]): Promise<Record<string, string>> => {
  const known = await findColumns(sql, headers.map(nameOf));
  const once = (header: string) => headers.filter((one) => one === header).length === 1;
  const mapping: Record<string, string> = {};
  const taken = new Set<string>();
  for (const header of headers) {
    const field = known.get(nameOf(header));
    if (!field || taken.has(field) || !once(header)) continue;
    taken.add(field);
    mapping[header] = field;
  }
  for (const [header, field] of Object.entries(suggestMapping(headers)))
    if (!known.has(nameOf(header)) && !taken.has(field)) mapping[header] = field;
  return mapping;
};

export interface Suggestion {
  readonly head: CsvHead;
  readonly mapping: Record<string, string>;
  readonly remembered: {
    fileName: string;
    at: string;
    options: Omit<Options, "consent">;
  } | null;
}

/** How a file is probably to be read, by what was done with files within the scope. Throws FileProblem when its head cannot be read at all. */
export const suggestReading = async (
  sql: Sql,
  bytes: Buffer,
  { rows, scope }: { readonly rows: number; readonly scope: Scope },
): Promise<Suggestion> => {
  const recognised = await readHead(bytes, {}, rows);
  const file = await findFile(sql, fingerprintOf(recognised.headers), scope);
  if (!file) return { head: recognised, mapping: await mappingByName(sql, recognised.headers), remembered: null };
  const options = RememberedOptions.parse(file.options);
  const head = await readHead(bytes, options, rows);
  // Spelled as in this file: capitals and order may differ.
  const fields = new Map(Object.entries(file.mapping).map(([header, field]) => [nameOf(header), field]));
  const mapping = Object.fromEntries(
    head.headers.flatMap((header) => {
      const field = fields.get(nameOf(header));
      return field === undefined ? [] : [[header, field]];
    }),
  );
  return { head, mapping, remembered: { fileName: file.fileName, at: file.at.toISOString(), options } };
};
