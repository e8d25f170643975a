// Loads the rows of a backup into tables that the migrations have just made, and compares what is in them afterwards
// with the manifest. Everything in the transaction of the restore.
import { once } from "node:events";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import { query, type Trx } from "../db/knex.ts";
import { type Header, type Manifest, quotedColumns, quotedTable, type TableShape } from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { listLeaves, listTables } from "./catalogue.ts";
import { ourSchemas } from "./left-out.ts";
import { RowHash } from "./row-hash.ts";
import { connectionOf, readTable } from "./snapshot.ts";

/** An embedded Postgres takes what one COPY brings at once, so no COPY brings more than about this. */
const copyBytes = 8 * 1024 * 1024;

/** Makes the tables as the backup had them: its partitions, no rows of the migrations, no triggers, no references. */
export const prepareTables = async (trx: Trx, header: Header): Promise<() => Promise<void>> => {
  const there = new Map((await listTables(trx)).map((table) => [table.name, table] as const));
  for (const { name, columns } of header.tables) {
    const table = there.get(name);
    const lacking = columns.filter((column) => !table?.columns.includes(column));
    if (lacking.length > 0)
      throw new BackupError(
        `The backup has ${name} with ${lacking.join(", ")}, which the migrations of this version do not make. It comes from a changed version of the platform: restore it with that one.`,
      );
  }
  for (const { parent, name, bound, options } of header.partitions) {
    const stored = options.length > 0 ? ` with (${options.join(", ")})` : "";
    await trx.raw(
      `create table if not exists ${quotedTable(name)} partition of ${quotedTable(parent)} ${bound}${stored}`,
    );
  }
  const names = header.tables.map(({ name }) => name);
  const references = await query<{ name: string; table: string; definition: string }>(
    trx,
    `select c.conname as name, c.conrelid::regclass::text as "table", pg_get_constraintdef(c.oid) as definition
     from pg_constraint c join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace
     where c.contype = 'f' and c.conparentid = 0 and n.nspname = any(?)`,
    [[...ourSchemas]],
  );
  for (const { table, name } of references) await trx.raw(`alter table ${table} drop constraint "${name}"`);
  if (names.length > 0) await trx.raw(`truncate ${names.map(quotedTable).join(", ")}`);
  for (const name of names) await trx.raw(`alter table ${quotedTable(name)} disable trigger user`);
  return async () => {
    for (const name of names) await trx.raw(`alter table ${quotedTable(name)} enable trigger user`);
    for (const { table, name, definition } of references)
      await trx.raw(`alter table ${table} add constraint "${name}" ${definition}`);
    for (const { name, last, called } of header.sequences)
      await query(trx, "select setval(?::regclass, ?::bigint, ?)", [name, last, called]);
  };
};

/** Takes rows of a table; `end` resolves when Postgres has them all. */
export interface Loading {
  take(bytes: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** Begins to load a table. */
export const loadTable = async (trx: Trx, { name, columns }: TableShape): Promise<Loading> => {
  const connection = await connectionOf(trx);
  const sql = `copy ${quotedTable(name)} (${quotedColumns(columns)}) from stdin`;
  let copy: { sink: Writable; done: Promise<void>; bytes: number } | undefined;
  const end = async () => {
    const ending = copy;
    copy = undefined;
    ending?.sink.end();
    await ending?.done;
  };
  return {
    async take(bytes) {
      if (!copy) {
        const sink = connection.query(copyFrom(sql));
        const done = finished(sink);
        // Whoever waits for it hears of it; until then it must not end the process.
        done.catch(() => undefined);
        copy = { sink, done, bytes: 0 };
      }
      copy.bytes += bytes.length;
      const { sink, done } = copy;
      if (!sink.write(bytes)) await Promise.race([once(sink, "drain"), done]);
      if (copy.bytes >= copyBytes) await end();
    },
    end,
  };
};

/** Reads the tables again and compares them with the manifest. Throws BackupError for the first that differs. */
export const compareTables = async (trx: Trx, header: Header, manifest: Manifest): Promise<void> => {
  const leaves = await listLeaves(trx, header.tables);
  for (const table of header.tables) {
    const sum = new RowHash();
    for await (const chunk of readTable(trx, table, leaves)) sum.add(chunk);
    const wanted = manifest.tables[table.name];
    if (sum.rows !== wanted?.rows || sum.digest() !== wanted.hash)
      throw new BackupError(
        `After loading, ${table.name} is not what the backup says: ${sum.rows} rows instead of ${wanted?.rows ?? 0}, or other ones. Nothing was changed.`,
      );
  }
};
