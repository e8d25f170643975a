// The sandbox mailbox's index: one line of JSON per mail in an append-only file, in order of arrival.
// Memory holds only where each line starts and a hash per recipient, about 20 bytes a mail; the rest is read when asked
// for. A torn or unreadable tail is cut when the file is opened.
import { open } from "node:fs/promises";
import { readFully, readLines, writeFully } from "./file-access.ts";
import { createGrowingNumbers } from "./growing-numbers.ts";

export interface MailEntry {
  readonly id: number;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
}

/** First line of the file: numbers go on where they were after the mailbox was cleared, so none is ever used twice. */
export interface IndexHeader {
  readonly firstId: number;
  readonly firstSegment: number;
}

export type MailIndex = Awaited<ReturnType<typeof openMailIndex>>;

type Row = [number, number, number, number, string, string[], string, string];

const toLine = (e: MailEntry): string =>
  `${JSON.stringify([e.id, e.segment, e.offset, e.length, e.from, e.to, e.subject, e.receivedAt])}\n`;

const toEntry = (line: string): MailEntry => {
  const [id, segment, offset, length, from, to, subject, receivedAt] = JSON.parse(line) as Row;
  return { id, segment, offset, length, from, to, subject, receivedAt };
};

/** Address as it is compared: case does not count. */
export const normaliseAddress = (address: string): string => address.trim().toLowerCase();

/** FNV-1a. Collisions are harmless: the entry itself is compared before it is given out. */
const hashOf = (address: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};

/** The text of a new, empty index. */
export const emptyIndex = (header: IndexHeader): string => `${JSON.stringify(header)}\n`;

/**
 * Opens the index in `file`, which must exist (see `emptyIndex`). `holds(entry)` says whether the mail's bytes are
 * on disk; the first line for which they are not, or that cannot be read, ends the index and is cut off with all after it.
 */
export const openMailIndex = async (file: string, holds: (entry: MailEntry) => boolean) => {
  const handle = await open(file, "r+");
  const lineStarts = createGrowingNumbers(Float64Array);
  const recipientHashes = createGrowingNumbers(Uint32Array);
  const recipientOrdinals = createGrowingNumbers(Uint32Array);
  let header: IndexHeader | undefined;
  let last: MailEntry | undefined;
  let end = 0;

  const remember = (entry: MailEntry, start: number) => {
    const ordinal = lineStarts.length();
    lineStarts.push(start);
    for (const address of entry.to) {
      recipientHashes.push(hashOf(normaliseAddress(address)));
      recipientOrdinals.push(ordinal);
    }
    last = entry;
  };

  for await (const { line, start, next } of readLines(handle)) {
    try {
      if (header === undefined) header = JSON.parse(line) as IndexHeader;
      else {
        const entry = toEntry(line);
        if (entry.id !== header.firstId + lineStarts.length() || !holds(entry)) break;
        remember(entry, start);
      }
      end = next;
    } catch {
      break;
    }
  }
  if (header === undefined) {
    await handle.close();
    throw new Error(`The sandbox's mail index ${file} has no readable first line; delete the folder to start anew`);
  }
  await handle.truncate(end);
  const { firstId, firstSegment } = header;

  const startOf = (ordinal: number) => (ordinal < lineStarts.length() ? lineStarts.at(ordinal) : end);

  /** Entries at the ordinals `from` (included) to `to` (excluded), in order. */
  const range = async (from: number, to: number): Promise<MailEntry[]> => {
    if (to <= from) return [];
    const start = startOf(from);
    const bytes = await readFully(handle, startOf(to) - start, start);
    if (!bytes) throw new Error(`The sandbox's mail index ${file} is shorter than it was; something else wrote to it`);
    return bytes.toString("utf8").trimEnd().split("\n").map(toEntry);
  };

  return {
    firstId,
    firstSegment,
    count: () => lineStarts.length(),
    last: () => last,
    range,

    /** Appends lines; when this resolves they are written, when it rejects none of them is part of the index. */
    add: async (entries: readonly MailEntry[]): Promise<void> => {
      const lines = entries.map((entry) => Buffer.from(toLine(entry)));
      try {
        await writeFully(handle, Buffer.concat(lines), end);
      } catch (error) {
        await handle.truncate(end).catch(() => undefined);
        throw error;
      }
      for (const [i, entry] of entries.entries()) {
        remember(entry, end);
        end += lines[i]?.length ?? 0;
      }
    },

    /** Ordinals, ascending, of mails that may be to the address; compare the entries before using them. */
    mayBeTo: (address: string): number[] => {
      const wanted = hashOf(normaliseAddress(address));
      const found: number[] = [];
      for (let i = recipientHashes.indexOf(wanted, 0); i >= 0; i = recipientHashes.indexOf(wanted, i + 1)) {
        const ordinal = recipientOrdinals.at(i);
        if (found.at(-1) !== ordinal) found.push(ordinal);
      }
      return found;
    },

    /** Writes an entry without people over the one at the ordinal, on the same bytes: whatever stops us, the lines hold. */
    blank: async (ordinal: number): Promise<void> => {
      const [entry] = await range(ordinal, ordinal + 1);
      if (!entry) return;
      const start = startOf(ordinal);
      const line = toLine({ ...entry, from: "", to: [], subject: "" }).trimEnd();
      const bytes = startOf(ordinal + 1) - start;
      await writeFully(handle, Buffer.from(`${line.padEnd(bytes - 1)}\n`), start);
    },

    /** Every entry, in order, read in blocks so that other work gets its turn. */
    scan: async function* (): AsyncGenerator<readonly [ordinal: number, entry: MailEntry]> {
      const count = lineStarts.length();
      for (let from = 0; from < count; from += 2000) {
        const entries = await range(from, Math.min(count, from + 2000));
        for (const [i, entry] of entries.entries()) yield [from + i, entry];
      }
    },

    close: () => handle.close(),
  };
};
