// Answers of the API as text for a terminal: tables of chosen columns, and objects line by line. Pure.
import type { Row } from "./api.ts";

/** A heading and where its cells come from: the path of a field, or a function. */
export type Column = readonly [heading: string, cell: string | ((row: Row) => unknown)];

/** A field by its path: `error.message`; undefined where there is none. */
export const at = (row: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((value, name) => (value as Row | null | undefined)?.[name], row);

const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  // Control characters of an answer must not steer the terminal.
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
};

const widest = 60;
/** The last column is most often a sentence: it may wrap. */
const widestLast = 300;
const shortened = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** A table with aligned columns; columns without any cell are left out. Without rows it says so. */
export const table = (rows: readonly Row[], columns: readonly Column[], none: string): string => {
  if (rows.length === 0) return none;
  const cells = rows.map((row) =>
    columns.map(([, cell], index) =>
      shortened(
        cellText(typeof cell === "string" ? at(row, cell) : cell(row)),
        index === columns.length - 1 ? widestLast : widest,
      ),
    ),
  );
  const shown = columns.map((_, index) => index).filter((index) => cells.some((line) => line[index] !== ""));
  const line = (texts: readonly string[]) =>
    shown
      .map((index) =>
        (texts[index] ?? "").padEnd(
          Math.max(columns[index]?.[0].length ?? 0, ...cells.map((one) => one[index]?.length ?? 0)),
        ),
      )
      .join("  ")
      .trimEnd();
  return [line(columns.map(([heading]) => heading)), ...cells.map(line)].join("\n");
};

/** Names and values line by line; empty ones are left out. */
export const facts = (pairs: readonly (readonly [name: string, value: unknown])[]): string => {
  const shown = pairs.map(([name, value]) => [name, cellText(value)] as const).filter(([, value]) => value !== "");
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
};

/** The list in an answer. */
export const rowsOf = (answer: Row): readonly Row[] =>
  Array.isArray(answer.data) ? (answer.data as readonly Row[]) : [];
