// Which encoding the bytes of a CSV file are in: a byte order mark, the pattern of NUL bytes in UTF-16, valid UTF-8,
// else Windows-1252, which is what spreadsheets write. Files that are no text are named for what they are.
import iconv from "iconv-lite";
import { FileProblem } from "./file-problem.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

const signatures: readonly (readonly [string, readonly number[]])[] = [
  ["an Excel workbook or a zip archive", [0x50, 0x4b, 0x03, 0x04]],
  ["an old Excel workbook", [0xd0, 0xcf, 0x11, 0xe0]],
  ["a PDF", [0x25, 0x50, 0x44, 0x46]],
  ["a gzip archive", [0x1f, 0x8b]],
  ["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
  ["a JPEG image", [0xff, 0xd8, 0xff]],
];
const startsWith = (bytes: Buffer, mark: readonly number[]) => mark.every((byte, index) => bytes[index] === byte);

/** True when the bytes are valid UTF-8; the last character may be cut off. */
const isUtf8 = (bytes: Buffer): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
};

const notText = (what: string) =>
  new FileProblem(`The file is ${what}, not text. Save it as CSV (UTF-8) and upload that.`);

/** The encoding that the first bytes of a file tell. Throws FileProblem when the file is empty or no text. */
export const encodingOf = (head: Buffer): Encoding => {
  if (head.length === 0) throw new FileProblem("The file is empty. Expected a header line and one line per contact.");
  if (startsWith(head, [0xef, 0xbb, 0xbf])) return "utf-8";
  if (startsWith(head, [0xff, 0xfe])) return "utf-16le";
  if (startsWith(head, [0xfe, 0xff])) return "utf-16be";
  const known = signatures.find(([, mark]) => startsWith(head, mark));
  if (known) throw notText(known[0]);
  const sample = head.subarray(0, 65_536);
  let evenNuls = 0;
  let oddNuls = 0;
  let controls = 0;
  for (const [index, byte] of sample.entries()) {
    if (byte === 0 && index % 2 === 0) evenNuls += 1;
    else if (byte === 0) oddNuls += 1;
    else if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12) controls += 1;
  }
  // Latin text in UTF-16 has a NUL in (nearly) every second byte.
  if (oddNuls > sample.length / 4 && evenNuls < oddNuls / 20) return "utf-16le";
  if (evenNuls > sample.length / 4 && oddNuls < evenNuls / 20) return "utf-16be";
  const valid = isUtf8(head);
  const share = (controls + evenNuls + oddNuls) / sample.length;
  if (share > 0.1 || (!valid && share > 0.02)) throw notText("binary data");
  return valid ? "utf-8" : "windows-1252";
};

/** Looks through a whole file that began as UTF-8: one byte that is not makes it Windows-1252. */
export const confirmUtf8 = async (chunks: AsyncIterable<Buffer>): Promise<Encoding> => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of chunks) decoder.decode(chunk, { stream: true });
    decoder.decode();
    return "utf-8";
  } catch (error) {
    if (error instanceof TypeError) return "windows-1252";
    throw error;
  }
};

/** The bytes as UTF-8, chunk by chunk, without a byte order mark. */
export async function* asUtf8(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === "utf-8") {
    yield* chunks;
    return;
  }
  const decoder = iconv.getDecoder(encoding);
  // Half of a character may stand at the end of a chunk; as UTF-8 it would be lost.
  let half = "";
  for await (const chunk of chunks) {
    const text = half + decoder.write(chunk);
    const cut = /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
    half = text.slice(cut);
    yield Buffer.from(text.slice(0, cut));
  }
  yield Buffer.from(half + (decoder.end() ?? ""));
}
