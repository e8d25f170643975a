// What the first bytes of a CSV file tell: encoding, delimiter, headers and some rows.
import { csvRows, type Delimiter, isBlank } from "./csv-rows.ts";
import { FileProblem } from "./file-problem.ts";
import { type Encoding, encodingOf } from "./text-encoding.ts";

export interface CsvHead {
  readonly encoding: Encoding;
  readonly delimiter: Delimiter;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface CsvChoices {
  readonly encoding?: Encoding | undefined;
  readonly delimiter?: Delimiter | undefined;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Headers as they are compared: without blanks around them and without what Postgres cannot hold. */
export const headerNames = (row: readonly string[]): string[] =>
  row.map((cell) => cell.replaceAll("\0", "").trim().normalize("NFC"));

/** True for the line `sep=;` that Excel understands as a declaration. */
export const isSeparatorLine = (row: readonly string[]): boolean =>
  /^sep=.?$/i.test(row[0] ?? "") && row.slice(1).every((cell) => cell === "");

const firstRows = async (bytes: Buffer, form: { encoding: Encoding; delimiter: Delimiter }, most: number) => {
  const rows: string[][] = [];
  try {
    for await (const row of csvRows(once(bytes), form)) {
      if (isBlank(row) || (rows.length === 0 && isSeparatorLine(row))) continue;
      rows.push(row);
      if (rows.length === most) break;
    }
  } catch (error) {
    // The head may end inside a quoted cell; what was read before it counts.
    if (!(error instanceof FileProblem) || rows.length === 0) throw error;
  }
  return rows;
};

const declared = (bytes: Buffer): Delimiter | undefined => {
  const found = /^(?:\xef\xbb\xbf)?sep=([,;\t])\r?\n/i.exec(bytes.subarray(0, 16).toString("latin1"))?.[1];
  return found as Delimiter | undefined;
};

/** The delimiter under which the first rows fall into the most columns of equal number; a comma when none does. */
const delimiterOf = async (bytes: Buffer, encoding: Encoding): Promise<Delimiter> => {
  const stated = declared(bytes);
  if (stated) return stated;
  const sample = bytes.subarray(0, 65_536);
  let best: { delimiter: Delimiter; score: number } = { delimiter: ",", score: 0 };
  for (const delimiter of [",", ";", "\t"] as const) {
    const rows = await firstRows(sample, { encoding, delimiter }, 10).catch(() => []);
    const columns = rows[0]?.length ?? 0;
    const equal = rows.filter((row) => row.length === columns).length / Math.max(rows.length, 1);
    const score = columns > 1 ? equal * 1000 + Math.min(columns, 900) / 1000 : 0;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
};

/**
 * Reads the head of a file; `whole` tells whether it is all of it. Choices of the caller win over what is recognised.
 * Throws FileProblem when the file is empty, no text, or its header cannot be read.
 */
export const readHead = async (bytes: Buffer, choices: CsvChoices, most = 1): Promise<CsvHead> => {
  const recognised = encodingOf(bytes);
  const encoding = choices.encoding ?? recognised;
  const delimiter = choices.delimiter ?? (await delimiterOf(bytes, encoding));
  const [header, ...rows] = await firstRows(bytes, { encoding, delimiter }, most);
  if (!header) throw new FileProblem("The file has no header line. Expected a line with the names of the columns.");
  return { encoding, delimiter, headers: headerNames(header), rows };
};
