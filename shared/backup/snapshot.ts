// Reads whole tables as they are at one moment, by COPY, page by page: pages bound what an embedded Postgres has to hold
// in memory, and let us look in between whether somebody waits for us.
// What a long snapshot costs: vacuum cannot remove what has been updated or deleted since it began.
import { finished } from "node:stream/promises";
import { to as copyTo } from "pg-copy-streams";
import { query, type Trx } from "../db/knex.ts";
import { retryLater } from "../jobs/define.ts";
import { quotedColumns, quotedTable, type TableShape } from "./archive.ts";
import type { Leaf } from "./catalogue.ts";

/** About so many bytes are read by one COPY. */
const pageBytes = 8 * 1024 * 1024;
const lookEveryMs = 2_000;
const stepAsideMs = 120_000;

interface Connection {
  query<T>(stream: T): T;
}

/** The connection under a transaction, for what knex does not know: COPY. A border. */
export const connectionOf = (trx: Trx): Promise<Connection> =>
  (trx.client as { acquireConnection(): Promise<Connection> }).acquireConnection();

/** Values are to be written the same way wherever and whenever they are read. */
export const plainText = async (trx: Trx): Promise<void> => {
  await query(
    trx,
    `select set_config(name, value, true) from (values ('timezone', 'UTC'), ('datestyle', 'ISO, YMD'),
       ('intervalstyle', 'postgres'), ('bytea_output', 'hex'), ('extra_float_digits', '1'), ('statement_timeout', '0'),
       ('idle_in_transaction_session_timeout', '0'), ('lock_timeout', '10s')) as v (name, value)`,
  );
};

const BACKUP_LOCK = 7_262_022;

/**
 * Makes the transaction, of which nothing was asked yet, a snapshot of the whole database, in which nobody drops or
 * rewrites these tables until its end; reading and writing goes on. Their locks come before the snapshot: a table that is
 * rewritten or emptied between the two would look empty to it. False when another process is taking a backup.
 */
export const beginSnapshot = async (trx: Trx, tables: readonly TableShape[]): Promise<boolean> => {
  await trx.raw("set transaction isolation level repeatable read, read only");
  await trx.raw("set local lock_timeout = '10s'");
  if (tables.length > 0)
    await trx.raw(`lock table ${tables.map(({ name }) => quotedTable(name)).join(", ")} in access share mode`);
  const [row] = await query<{ free: boolean }>(trx, `select pg_try_advisory_xact_lock(${BACKUP_LOCK}) as free`);
  await plainText(trx);
  return row?.free === true;
};

/** Throws RetryLater when somebody waits for our locks: a migration, which nothing else should have to wait behind. */
const stepAside = async (trx: Trx): Promise<void> => {
  const [row] = await query<{ waits: boolean }>(
    trx,
    `select exists (select from pg_locks l where not l.granted and pg_backend_pid() = any(pg_blocking_pids(l.pid))) as waits`,
  );
  if (row?.waits) throw retryLater(stepAsideMs, "Somebody waits for tables, most likely a migration: it goes first");
};

/** One page. Whoever stops in the middle: what is left of it is read and dropped, so that the connection can go on. */
async function* readPage(connection: Connection, sql: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const rows = connection.query(copyTo(sql));
  try {
    for await (const chunk of rows.iterator({ destroyOnReturn: false })) {
      signal?.throwIfAborted();
      yield chunk as Buffer;
    }
  } finally {
    if (!rows.readableEnded && !rows.destroyed) await finished(rows.resume());
  }
}

/** Rows of a table in COPY's text format, in pieces as they come. */
export async function* readTable(
  trx: Trx,
  table: TableShape,
  leaves: readonly Leaf[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const connection = await connectionOf(trx);
  let looked = performance.now();
  for (const leaf of leaves.filter(({ table: owner }) => owner === table.name)) {
    const step = Math.max(1, Math.floor(pageBytes / Math.max(1, leaf.blockBytes)));
    for (let from = 0; from < leaf.blocks; from += step) {
      signal?.throwIfAborted();
      const last = from + step >= leaf.blocks;
      // A small table is one page, read as a whole.
      const range =
        from === 0 && last
          ? ""
          : ` where ctid >= '(${from},0)'::tid${last ? "" : ` and ctid < '(${from + step},0)'::tid`}`;
      const source = `select ${quotedColumns(table.columns)} from only ${quotedTable(leaf.name)}${range}`;
      yield* readPage(connection, `copy (${source}) to stdout`, signal);
      if (performance.now() - looked > lookEveryMs) {
        await stepAside(trx);
        looked = performance.now();
      }
    }
  }
}
