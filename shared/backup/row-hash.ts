// A hash over the rows of a table in which their order does not count: Postgres returns rows in no promised order, and
// after a restore they lie elsewhere. Of each row the SHA-256, and the sum of them all, word by word.
import { hash } from "node:crypto";

const NEWLINE = 0x0a;
const words = 8;

export class RowHash {
  rows = 0;
  readonly #sum = new Uint32Array(words);
  #rest: Buffer | undefined;

  /** Takes bytes in COPY's text format, in which a newline ends a row and is nowhere else. */
  add(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      this.#row(bytes.subarray(from, at));
      from = at + 1;
    }
    this.#rest = from < bytes.length ? Buffer.from(bytes.subarray(from)) : undefined;
  }

  /** 64 hexadecimal digits: the same for the same rows in any order, each as often as it is there. */
  digest(): string {
    if (this.#rest) throw new Error("a row has no end");
    const bytes = Buffer.alloc(words * 4);
    for (let word = 0; word < words; word++) bytes.writeUInt32LE(this.#sum[word] ?? 0, word * 4);
    return bytes.toString("hex");
  }

  #row(row: Buffer): void {
    const digest = hash("sha256", row, "buffer");
    // Whole words of a Uint32Array wrap around by themselves.
    for (let word = 0; word < words; word++) this.#sum[word] = (this.#sum[word] ?? 0) + digest.readUInt32LE(word * 4);
    this.rows += 1;
  }
}
