// One row of the file as a contact: every mapped cell checked and brought to its one spelling, or all that is wrong
// with the row. Blank cells say nothing; they never erase a field.
import { restored } from "../../../shared/lib/csv-line.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { normalisePhone } from "../../../shared/lib/phone.ts";
import { normaliseTimezone } from "../../../shared/lib/timezone.ts";
import type { MappedColumn } from "./mapping.ts";

export interface RowError {
  /** Header of the column, or empty when the row as a whole is wrong. */
  readonly column: string;
  readonly message: string;
}

export interface ImportRow {
  /** Number of the row as a spreadsheet shows it; the header is row 1. */
  readonly row: number;
  readonly cells: readonly string[];
  email?: string;
  phone?: string;
  firstName?: string;
  lastName?: string;
  orgName?: string;
  kind?: "person" | "business";
  community?: string;
  tags?: string[];
  externalId?: string;
  timezone?: string;
  stage?: string;
  attrs?: Record<string, string>;
}

export interface BadRow {
  readonly row: number;
  readonly cells: readonly string[];
  readonly errors: readonly RowError[];
}

const stages = ["awareness", "engagement", "sales", "retention", "churn"];
const shown = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
const tooLong = (cell: string, most: number) =>
  cell.length > most ? `found ${cell.length} characters; expected at most ${most}` : undefined;

/** Accents may be written in one part or two, as Macs do: what looks the same is the same. Nothing below U+0300 has two. */
const inOneForm = (cell: string): string => (/[\u0300-\uffff]/.test(cell) ? cell.normalize("NFC") : cell);

const readTags = (cell: string): string[] | string => {
  const tags = cell
    .split(";")
    .map((tag) => tag.trim())
    .filter(Boolean);
  const long = tags.find((tag) => tag.length > 100);
  if (long !== undefined) return `found the tag ${shown(long)} of ${long.length} characters; expected at most 100`;
  return tags.length > 200 ? `found ${tags.length} tags; expected at most 200` : tags;
};

/** Takes one cell into the row. Returns what is wrong with it, or undefined. */
const takeCell = (into: ImportRow, { field, key }: MappedColumn, cell: string, country: string): string | undefined => {
  switch (field) {
    case "email": {
      const result = normaliseEmail(cell);
      if ("problem" in result) return result.problem;
      into.email = result.email;
      return undefined;
    }
    case "phone": {
      const result = normalisePhone(cell, country);
      if ("problem" in result) return result.problem;
      into.phone = result.phone;
      return undefined;
    }
    case "tags": {
      const tags = readTags(cell);
      if (typeof tags === "string") return tags;
      into.tags = tags;
      return undefined;
    }
    case "kind": {
      const kind = cell.toLowerCase();
      if (kind !== "person" && kind !== "business") return `found ${shown(cell)}; expected person or business`;
      into.kind = kind;
      return undefined;
    }
    case "stage": {
      const stage = cell.toLowerCase();
      if (!stages.includes(stage)) return `found ${shown(cell)}; expected one of ${stages.join(", ")}`;
      into.stage = stage;
      return undefined;
    }
    case "timezone": {
      const zone = normaliseTimezone(cell);
      if (zone === undefined) return `found ${shown(cell)}; expected a time zone such as Europe/Berlin`;
      into.timezone = zone;
      return undefined;
    }
    case "attrs": {
      const problem = tooLong(cell, 2000);
      if (!problem) into.attrs = { ...into.attrs, [key]: cell };
      return problem;
    }
    default: {
      const problem = tooLong(cell, field === "community" ? 100 : 200);
      if (!problem) into[field] = cell;
      return problem;
    }
  }
};

/** Reads a row. `width` is the number of the header's columns; `country` is assumed for numbers without +. */
export const readRow = (
  row: number,
  cells: readonly string[],
  columns: readonly MappedColumn[],
  { width, country }: { readonly width: number; readonly country: string },
): ImportRow | BadRow => {
  if (cells.length !== width)
    return {
      row,
      cells,
      errors: [
        {
          column: "",
          message: `found ${cells.length} columns; expected ${width} as in the header. Is a quote or delimiter missing?`,
        },
      ],
    };
  const into: ImportRow = { row, cells };
  const errors: RowError[] = [];
  for (const column of columns) {
    const raw = cells[column.index] ?? "";
    if (raw === "") continue;
    const cell = restored(inOneForm(raw.trim()));
    if (cell === "") continue;
    const problem = cell.includes("\0")
      ? "found a NUL character; expected text"
      : takeCell(into, column, cell, country);
    if (problem) errors.push({ column: column.header, message: problem });
  }
  if (errors.length === 0 && !into.email && !into.phone && !into.externalId)
    errors.push({
      column: "",
      message: "found neither email nor phone nor external id; expected at least one of them",
    });
  return errors.length > 0 ? { row, cells, errors } : into;
};
