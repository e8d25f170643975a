// Reads a backup from its encrypted stream, piece by piece, so that its size does not matter. Hashes what it reads and
// compares it with the manifest at the end: whoever reads to the end without an error has read all of it, unchanged.
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { wordsOf } from "../lib/connection-trouble.ts";
import {
  blockEnd,
  blockStart,
  type Header,
  type Manifest,
  readHeader,
  readManifest,
  type TableShape,
} from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { RowHash } from "./row-hash.ts";
import { unseal } from "./seal.ts";

/** In this order: the header, then blocks (a table, then pieces of its rows), and the manifest last. */
export type ArchivePart =
  | { readonly kind: "header"; readonly header: Header }
  | { readonly kind: "block"; readonly table: TableShape }
  /** Whole rows in COPY's text format. */
  | { readonly kind: "rows"; readonly bytes: Buffer }
  | { readonly kind: "end" }
  | { readonly kind: "manifest"; readonly manifest: Manifest };

const NEWLINE = 0x0a;
/** No line of ours but the header is long; a row may be, up to Postgres's own limit. */
const longestLine = 1024 * 1024 * 1024;

const damaged = (found: string) =>
  new BackupError(`The backup is damaged or cut short: ${found}. Take another one: npm run restore -- --list`);

const inWords = (error: unknown): unknown => {
  if (error instanceof BackupError) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  const words = wordsOf(error);
  if (/decrypt|tag|ciphertext|final chunk|chunk/i.test(words))
    return damaged("its bytes were changed or its end is missing");
  if (typeof code === "string" && /^ZSTD|^Z_|ERR_ZSTD/i.test(code)) return damaged(`it cannot be unpacked (${words})`);
  if (error instanceof SyntaxError) return damaged("a line of it cannot be read");
  return error;
};

/** Cuts bytes into pieces of whole lines, as large as they come. */
async function* wholeLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const chunk of stream) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield rest.length > 0 ? Buffer.concat([...rest, chunk.subarray(0, end)]) : chunk.subarray(0, end);
      rest = [];
      held = 0;
    }
    if (end < chunk.length) {
      rest.push(chunk.subarray(end));
      held += chunk.length - end;
      if (held > longestLine) throw damaged("a line has no end");
    }
  }
  if (held > 0) throw damaged("its last line has no end");
}

/** Where the block that `bytes` is in ends: after its last row; -1 when it goes on. The end stands at a line's start. */
const endOfBlock = (bytes: Buffer): number => {
  for (let at = bytes.indexOf(blockEnd); at !== -1; at = bytes.indexOf(blockEnd, at + 1))
    if (at === 0 || bytes[at - 1] === NEWLINE) return at;
  return -1;
};

const compare = (sums: ReadonlyMap<string, RowHash>, manifest: Manifest): void => {
  for (const [name, { rows, hash }] of Object.entries(manifest.tables)) {
    const read = sums.get(name) ?? new RowHash();
    if (read.rows !== rows) throw damaged(`${name} has ${read.rows} rows, its manifest says ${rows}`);
    if (read.digest() !== hash) throw damaged(`the rows of ${name} are not those of its manifest`);
  }
};

async function* parts(stream: AsyncIterable<Buffer>): AsyncGenerator<ArchivePart> {
  let header: Header | undefined;
  let manifest: Manifest | undefined;
  let inside: RowHash | undefined;
  const starts = new Map<string, TableShape>();
  const sums = new Map<string, RowHash>();
  for await (const piece of wholeLines(stream)) {
    let bytes = piece;
    while (bytes.length > 0) {
      if (manifest) throw damaged("something follows its end");
      if (inside) {
        const end = endOfBlock(bytes);
        const rows = end === -1 ? bytes : bytes.subarray(0, end);
        inside.add(rows);
        if (rows.length > 0) yield { kind: "rows", bytes: rows };
        bytes = end === -1 ? bytes.subarray(bytes.length) : bytes.subarray(end + blockEnd.length);
        if (end === -1) continue;
        inside = undefined;
        yield { kind: "end" };
        continue;
      }
      const end = bytes.indexOf(NEWLINE) + 1;
      const line = bytes.toString("utf8", 0, end);
      bytes = bytes.subarray(end);
      if (!header) {
        header = readHeader(line);
        for (const table of header.tables) starts.set(blockStart(table).toString(), table);
        yield { kind: "header", header };
        continue;
      }
      const table = starts.get(line);
      if (table) {
        inside = sums.get(table.name) ?? new RowHash();
        sums.set(table.name, inside);
        yield { kind: "block", table };
        continue;
      }
      manifest = readManifest(line);
      if (!manifest) throw damaged("a line of it is none that we write");
    }
  }
  if (!manifest) throw damaged("its end is missing");
  compare(sums, manifest);
  yield { kind: "manifest", manifest };
}

/**
 * The parts of a backup. Throws BackupError, in one sentence, for another key, a cut or changed file, a newer format.
 * What was read before such an error must not be kept.
 */
export async function* readArchive(sealed: Readable, ring: readonly string[]): AsyncGenerator<ArchivePart> {
  const unpacked = createZstdDecompress();
  let failed: unknown;
  sealed.on("error", (error) => {
    failed ??= error;
  });
  try {
    const plain = await unseal(sealed, ring);
    // The error of the first that fails is the one to tell; the others only hear that the stream is gone.
    const feeding = pipeline(plain, unpacked).catch((error: unknown) => {
      failed ??= error;
    });
    yield* parts(unpacked);
    await feeding;
    if (failed) throw failed;
  } catch (error) {
    throw inWords(failed ?? error);
  } finally {
    unpacked.destroy();
    sealed.destroy();
  }
}
