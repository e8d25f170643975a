// The sandbox's mailbox on disk: mails lie behind each other in segment files, an index says where.
// A mail whose `append` resolved survives kill -9; one that was only half written is cut off at the next opening.
// Mails that arrive together are written together, so the disk sees a few writes a tick instead of two per mail.
import { mkdir, open, readdir, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../shared/lib/clock.ts";
import { readFully, writeFully } from "./file-access.ts";
import { forgetMail, type SingleMail } from "./forget-mail.ts";
import { emptyIndex, type IndexHeader, type MailEntry, type MailIndex, openMailIndex } from "./mail-index.ts";

export interface ArrivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly raw: Buffer;
}

export interface MailStoreOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** A segment file is closed when it would grow past this many bytes; default 64 MB. */
  readonly segmentBytes?: number;
}

export interface MailStore {
  /** Resolves with the mail's id once its bytes and its index line are written; rejects when the disk refuses. */
  append(mail: ArrivedMail): Promise<number>;
  /** The index as it is now. Take it anew for every use: `clear` replaces it. */
  index(): MailIndex;
  /** The mails' bytes in the order of the entries; undefined for one that was cleared meanwhile. */
  raw(entries: readonly MailEntry[]): AsyncGenerator<Buffer | undefined>;
  /** Blanks every mail to one of the addresses, and single mails, in their bytes and in the index. Answers how many. Ids and places stay. */
  forget(addresses: readonly string[], mails?: readonly SingleMail[]): Promise<number>;
  /** Forgets every mail. Ids go on counting. */
  clear(): Promise<void>;
  /** Writes what is waiting and closes the files. */
  close(): Promise<void>;
}

interface Waiting {
  readonly mail: ArrivedMail;
  readonly resolve: (id: number) => void;
  readonly reject: (error: unknown) => void;
}

const batchBytes = 8 * 1024 * 1024;
const segmentName = (segment: number) => `${String(segment).padStart(8, "0")}.mails`;

/** Sizes in bytes of the segments in the folder, by number. */
const segmentSizes = async (folder: string): Promise<Map<number, number>> => {
  const sizes = new Map<number, number>();
  for (const name of await readdir(folder)) {
    if (/^\d{8}\.mails$/.test(name)) sizes.set(Number.parseInt(name, 10), (await stat(join(folder, name))).size);
  }
  return sizes;
};

/** Opens the index and cuts from the segments what it does not know: the halves of mails that nobody was told are here. */
const openAndRepair = async (folder: string): Promise<MailIndex> => {
  const sizes = await segmentSizes(folder);
  const ends = new Map<number, number>();
  const index = await openMailIndex(join(folder, "index"), (entry) => {
    const end = entry.offset + entry.length;
    if (end > (sizes.get(entry.segment) ?? 0)) return false;
    ends.set(entry.segment, end);
    return true;
  });
  for (const [segment, size] of sizes) {
    const end = ends.get(segment);
    if (end === undefined) await rm(join(folder, segmentName(segment)));
    else if (end < size) await truncate(join(folder, segmentName(segment)), end);
  }
  return index;
};

/** Puts a new, empty index in place in one step. */
const replaceIndex = async (folder: string, header: IndexHeader): Promise<void> => {
  await writeFile(join(folder, "index.new"), emptyIndex(header));
  await rename(join(folder, "index.new"), join(folder, "index"));
};

/** Opens the mailbox in `folder`, making it when it is not there. */
export const openMailStore = async ({
  folder,
  clock,
  segmentBytes = 64 * 1024 * 1024,
}: MailStoreOptions): Promise<MailStore> => {
  await mkdir(folder, { recursive: true });
  await stat(join(folder, "index")).catch(() => replaceIndex(folder, { firstId: 1, firstSegment: 1 }));
  let index = await openAndRepair(folder);

  const last = index.last();
  let segment = last?.segment ?? index.firstSegment;
  let segmentEnd = last ? last.offset + last.length : 0;
  let handle = await open(join(folder, segmentName(segment)), last ? "r+" : "w+");
  let nextId = index.firstId + index.count();

  const useSegment = async (number: number) => {
    const next = await open(join(folder, segmentName(number)), "w+");
    await handle.close();
    handle = next;
    segment = number;
    segmentEnd = 0;
  };

  let waiting: Waiting[] = [];
  let turn: Promise<void> = Promise.resolve();
  let closed = false;

  const takeBatch = (): Waiting[] => {
    let bytes = 0;
    const count = waiting.findIndex((one) => {
      bytes += one.mail.raw.length;
      return bytes > batchBytes;
    });
    const batch = count < 0 ? waiting : waiting.slice(0, Math.max(1, count));
    waiting = waiting.slice(batch.length);
    return batch;
  };

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const bytes = Buffer.concat(batch.map((one) => one.mail.raw));
    if (segmentEnd > 0 && segmentEnd + bytes.length > segmentBytes) await useSegment(segment + 1);
    const receivedAt = clock.now().toISOString();
    let offset = segmentEnd;
    const entries = batch.map(({ mail }, i): MailEntry => {
      const { from, to, subject, raw } = mail;
      const entry = { id: nextId + i, segment, offset, length: raw.length, from, to, subject, receivedAt };
      offset += raw.length;
      return entry;
    });
    await writeFully(handle, bytes, segmentEnd);
    await index.add(entries);
    segmentEnd = offset;
    nextId += batch.length;
    for (const [i, one] of batch.entries()) one.resolve(entries[i]?.id ?? 0);
  };

  /** Runs after everything that was asked for before; the mailbox is written by one at a time. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const flush = async (): Promise<void> => {
    // Whatever this tick's sockets bring goes into the same write.
    await nextTurn();
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        await writeBatch(batch);
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
  };

  return {
    append: (mail) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error("The sandbox mailbox is closed"));
        // The first asks for a write; those that arrive until it runs go with it.
        if (waiting.push({ mail, resolve, reject }) === 1) void inTurn(flush);
      }),

    index: () => index,

    raw: async function* (entries) {
      let current: { segment: number; file: Awaited<ReturnType<typeof open>> | undefined } | undefined;
      try {
        for (const entry of entries) {
          if (current?.segment !== entry.segment) {
            await current?.file?.close();
            const file = await open(join(folder, segmentName(entry.segment)), "r").catch(() => undefined);
            current = { segment: entry.segment, file };
          }
          yield current.file && (await readFully(current.file, entry.length, entry.offset));
        }
      } finally {
        await current?.file?.close();
      }
    },

    forget: async (addresses, mails = []) => {
      let forgotten = 0;
      await inTurn(async () => {
        forgotten = await forgetMail(index, { addresses, mails }, (number) =>
          open(join(folder, segmentName(number)), "r+"),
        );
      });
      return forgotten;
    },

    clear: () =>
      inTurn(async () => {
        const old = [...(await segmentSizes(folder)).keys()];
        const firstSegment = segment + 1;
        await replaceIndex(folder, { firstId: nextId, firstSegment });
        const before = index;
        index = await openMailIndex(join(folder, "index"), () => true);
        await before.close();
        await useSegment(firstSegment);
        for (const number of old) await rm(join(folder, segmentName(number)), { force: true });
      }),

    close: async () => {
      closed = true;
      await inTurn(flush);
      await index.close();
      await handle.close();
    },
  };
};
