// The beginning of a file, read in the browser: for the server to recognise, and to be shown again when a person says
// that the encoding or the delimiter is another one.
import { parse } from "csv-parse/browser/esm/sync";
import type { ApiResult } from "../../api.ts";

export type Inspection = ApiResult<"imports.inspect">;
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
export type Delimiter = "," | ";" | "\t";

const headBytes = 1_000_000;
const shownRows = 25;

/** The first megabyte of a file. */
export const readHead = async (file: File): Promise<Uint8Array> =>
  new Uint8Array(await file.slice(0, headBytes).arrayBuffer());

/** Bytes as base64, in pieces that the engine takes as arguments. */
export const base64 = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
};

/**
 * Headers and rows of the beginning of a file, read with a given encoding and delimiter.
 * Throws an Error when it cannot be read as a table at all.
 */
export const readTable = (
  head: Uint8Array,
  encoding: Encoding,
  delimiter: Delimiter,
): { headers: string[]; sample: string[][] } => {
  const text = new TextDecoder(encoding).decode(head);
  // The last line may be cut in the middle, and a quoted cell may be open there.
  const rows = parse(text, {
    delimiter,
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    to: shownRows + 1,
  }) as string[][];
  const [headers = [], ...sample] = rows;
  return { headers: headers.map((header) => header.trim()), sample };
};
