// Reading and writing of plain files where Node's own calls may stop half-way: a write that ends early is continued,
// lines come with their places in bytes.
import type { FileHandle } from "node:fs/promises";

/** Writes all bytes at `position`, however many calls that takes. Rejects with the system's error (ENOSPC and the like). */
export const writeFully = async (handle: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
};

/** Reads exactly `length` bytes at `position`, or undefined when the file is shorter. */
export const readFully = async (handle: FileHandle, length: number, position: number): Promise<Buffer | undefined> => {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) return undefined;
    done += bytesRead;
  }
  return bytes;
};

/** Lines that end in a line feed, with the byte where each starts and where the next one does. A last line without one is left out. */
export async function* readLines(
  handle: FileHandle,
): AsyncGenerator<{ readonly line: string; readonly start: number; readonly next: number }> {
  const block = Buffer.allocUnsafe(1 << 20);
  let rest = Buffer.alloc(0);
  let restAt = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, block.length, restAt + rest.length);
    if (bytesRead === 0) return;
    const bytes = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    let start = 0;
    for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, start)) {
      yield { line: bytes.toString("utf8", start, feed), start: restAt + start, next: restAt + feed + 1 };
      start = feed + 1;
    }
    rest = bytes.subarray(start);
    restAt += start;
  }
}
