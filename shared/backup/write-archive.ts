// Takes a snapshot of all tables and writes it, compressed and encrypted, into a stream. Memory stays flat: nothing is
// held but the piece on its way, and a slow reader slows down Postgres.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import { createZstdCompress } from "node:zlib";
import { release } from "../broker/release.ts";
import { type Db, query, type Trx } from "../db/knex.ts";
import { retryLater } from "../jobs/define.ts";
import {
  blockEnd,
  blockStart,
  formatVersion,
  type Header,
  headerLine,
  type Manifest,
  manifestLine,
  type TableShape,
  type TableSum,
} from "./archive.ts";
import { type Leaf, listLeaves, listPartitions, listSequences, listTables } from "./catalogue.ts";
import { RowHash } from "./row-hash.ts";
import { seal } from "./seal.ts";
import { beginSnapshot, readTable } from "./snapshot.ts";

export interface Written {
  readonly header: Header;
  readonly manifest: Manifest;
}

export interface WriteOptions {
  readonly ring: readonly string[];
  readonly signal: AbortSignal;
  /** Hears the share of bytes that is done, 0 to 1. */
  readonly progress?: (share: number) => void;
}

const busyMs = 60_000;

/** Version and commit of what runs here. */
export const platformVersion = (): string =>
  `${release.version}${release.commit ? ` (${release.commit.slice(0, 8)})` : ""}`;

const readState = async (trx: Trx, tables: readonly TableShape[]): Promise<Header> => {
  const [now] = await query<{ at: Date; postgres: string }>(
    trx,
    "select now() as at, current_setting('server_version') as postgres",
  );
  const migrations = await query<{ name: string }>(trx, "select name from public.schema_migrations order by name");
  return {
    format: formatVersion,
    platform: platformVersion(),
    takenAt: now?.at.toISOString() ?? "",
    postgres: now?.postgres ?? "",
    migrations: migrations.map(({ name }) => name),
    tables,
    partitions: await listPartitions(trx, tables),
    sequences: await listSequences(trx),
  };
};

async function* archive(
  trx: Trx,
  header: Header,
  leaves: readonly Leaf[],
  { signal, progress }: WriteOptions,
  done: (manifest: Manifest) => void,
): AsyncGenerator<Buffer> {
  yield headerLine(header);
  const all = leaves.reduce((sum, { blocks, blockBytes }) => sum + blocks * blockBytes, 0);
  const sums: Record<string, TableSum> = {};
  let read = 0;
  for (const table of header.tables) {
    const sum = new RowHash();
    let open = false;
    for await (const chunk of readTable(trx, table, leaves, signal)) {
      if (!open) yield blockStart(table);
      open = true;
      sum.add(chunk);
      yield chunk;
    }
    if (open) yield blockEnd;
    sums[table.name] = { rows: sum.rows, hash: sum.digest() };
    for (const leaf of leaves) if (leaf.table === table.name) read += leaf.blocks * leaf.blockBytes;
    progress?.(all === 0 ? 1 : read / all);
  }
  const manifest = { rows: Object.values(sums).reduce((total, { rows }) => total + rows, 0), tables: sums };
  yield manifestLine(manifest);
  done(manifest);
}

/**
 * Writes one backup: `store` gets the header and the encrypted stream, and resolves when it holds all of it. Throws
 * RetryLater while another process takes one, tables come or go, or somebody waits for our locks; otherwise as Postgres or
 * `store` does.
 */
export const writeArchive = async (
  db: Db,
  options: WriteOptions,
  store: (header: Header, sealed: Readable, signal: AbortSignal) => Promise<void>,
): Promise<Written> => {
  options.signal.throwIfAborted();
  const known = await listTables(db);
  return db.transaction(async (trx) => {
    options.signal.throwIfAborted();
    if (!(await beginSnapshot(trx, known))) throw retryLater(busyMs, "Another process is taking a backup");
    const tables = await listTables(trx);
    if (!isDeepStrictEqual(tables, known)) throw retryLater(busyMs, "Tables are being made or changed: they go first");
    const header = await readState(trx, tables);
    const leaves = await listLeaves(trx, tables);
    // Whichever side fails first ends the other.
    const ending = new AbortController();
    const signal = AbortSignal.any([options.signal, ending.signal]);
    let manifest: Manifest | undefined;
    const source = archive(trx, header, leaves, { ...options, signal }, (made) => {
      manifest = made;
    });
    const packed = createZstdCompress();
    let first: unknown;
    const failed = (error: unknown) => {
      first ??= error;
      ending.abort(error);
    };
    const sealed = await seal(packed, options.ring);
    // Each tells its reader what went wrong; one that is ended before it has a reader must not end the process.
    for (const stream of [packed, sealed]) stream.on("error", () => undefined);
    await Promise.all([
      pipeline(Readable.from(source), packed, { signal }).catch(failed),
      store(header, sealed, signal).catch(failed),
    ]);
    if (first) throw options.signal.aborted ? options.signal.reason : first;
    if (!manifest) throw new Error("the backup ended before its manifest was written");
    return { header, manifest };
  });
};
