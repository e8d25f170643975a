// The rows of a CSV file, streamed: at most one chunk of it is in memory. What no spreadsheet would write (a row of
// megabytes, a quote that is never closed) ends it with a FileProblem that names the row; the rows before it still come.
import { CsvError, parse } from "csv-parse";
import { FileProblem } from "./file-problem.ts";
import { asUtf8, type Encoding } from "./text-encoding.ts";

export type Delimiter = "," | ";" | "\t";

/** Characters in one row. */
export const MAX_ROW = 1_000_000;
/** Bytes without a line break; holds back rows of millions of empty cells, which have no characters to count. */
const MAX_LINE = 4 * MAX_ROW;

async function* withLineLimit(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let run = 0;
  for await (const chunk of chunks) {
    const last = Math.max(chunk.lastIndexOf(10), chunk.lastIndexOf(13));
    const first = last < 0 ? -1 : Math.min(...[chunk.indexOf(10), chunk.indexOf(13)].filter((at) => at >= 0));
    run = last < 0 ? run + chunk.length : chunk.length - last;
    if (run > MAX_LINE || first > MAX_LINE)
      throw new FileProblem(
        `A line is longer than ${MAX_LINE / 1_000_000} MB. Expected one line per contact; is this a CSV file?`,
      );
    yield chunk;
  }
}

const problemOf = (error: unknown, rows: number): unknown => {
  if (!(error instanceof CsvError)) return error;
  if (error.code === "CSV_QUOTE_NOT_CLOSED")
    return new FileProblem(
      `Row ${rows + 1}: a quote (") is opened and never closed, so the rest of the file would be one cell. Close it or take it out.`,
    );
  if (error.code === "CSV_MAX_RECORD_SIZE")
    return new FileProblem(
      `Row ${rows + 1} is larger than 1 MB; expected at most 1,000,000 characters. Perhaps a quote (") is opened there and never closed.`,
    );
  return new FileProblem(`Row ${rows + 1} cannot be read: ${error.message}`);
};

/** Every row, blank lines and the header included, as cells. Throws FileProblem after the last row that can be read. */
export async function* csvRows(
  chunks: AsyncIterable<Buffer>,
  { encoding, delimiter }: { readonly encoding: Encoding; readonly delimiter: Delimiter },
): AsyncGenerator<string[]> {
  let ready: string[][] = [];
  let rows = 0;
  let failure: unknown;
  // Rows are collected here instead of being read from the stream: an error would discard those in its buffer.
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    max_record_size: MAX_ROW,
    on_record: (row: string[]) => {
      ready.push(row);
      return null;
    },
  });
  parser.on("error", (error) => {
    failure ??= error;
  });
  parser.resume();
  const take = () => {
    const taken = ready;
    ready = [];
    rows += taken.length;
    return taken;
  };
  try {
    try {
      for await (const chunk of withLineLimit(asUtf8(chunks, encoding))) {
        await new Promise<void>((done) => parser.write(chunk, () => done()));
        yield* take();
        if (failure) throw failure;
      }
      await new Promise<void>((done) => {
        parser.once("close", done);
        parser.end();
      });
      yield* take();
      if (failure) throw failure;
    } catch (error) {
      throw problemOf(error, rows);
    }
  } finally {
    parser.destroy();
  }
}

/** True for a row that a spreadsheet shows as empty. */
export const isBlank = (row: readonly string[]): boolean => row.every((cell) => cell === "" || cell.trim() === "");
