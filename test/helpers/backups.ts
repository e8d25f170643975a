// Backups in tests: a source database full of what the platform makes, an empty one to restore into, and a folder.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { type RestoreResult, restoreBackup } from "../../shared/backup/restore-backup.ts";
import { takeBackup } from "../../shared/backup/run-backup.ts";
import type { BackupStore, Card } from "../../shared/backup/stored.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { freshDatabase } from "./infrastructure.ts";
import { secretKeys } from "./pipeline.ts";

export const newFolder = (): string => mkdtempSync(join(inject("runDir"), "backups-"));

/** Takes a backup as the job does, without a job. */
export const take = (
  deps: Deps,
  store: BackupStore,
  { ring = secretKeys, signal = new AbortController().signal }: { ring?: readonly string[]; signal?: AbortSignal } = {},
): Promise<Card> => takeBackup({ deps, signal, progress: () => undefined }, store, ring, makeId());

export interface Emptied {
  readonly db: Db;
  readonly url: string;
  readonly restore: (
    store: BackupStore,
    name: string,
    options?: { ring?: readonly string[]; resume?: boolean },
  ) => Promise<RestoreResult>;
  readonly drop: () => Promise<void>;
}

/** A database to restore into. */
export const openTarget = async (): Promise<Emptied> => {
  const { url, drop } = await freshDatabase();
  const db = connectPostgres(url, 3, "lc:restore");
  return {
    db,
    url,
    restore: async (store, name, { ring = secretKeys, resume = false } = {}) =>
      restoreBackup(db, await store.open(name), { ring, name, resume, say: () => undefined }),
    drop: async () => {
      await db.destroy();
      await drop();
    },
  };
};

/** Rows of every table and a hash of each, made by Postgres alone; `except` tables are left out. */
export const fingerprint = async (db: Db, except: readonly string[] = []): Promise<Record<string, string>> => {
  const tables = await query<{ name: string; columns: string }>(
    db,
    `select n.nspname || '.' || c.relname as name, string_agg(format('%I', a.attname), ', ' order by a.attname) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_|^information_schema$|^public$'
     group by 1 order by 1`,
  );
  const found: Record<string, string> = {};
  for (const { name, columns } of tables) {
    if (except.includes(name)) continue;
    const [row] = await query<{ n: number; sum: string | null }>(
      db,
      `select count(*)::int as n, md5(string_agg(r, '' order by r)) as sum from (select md5(row(${columns})::text) as r from ${name}) v`,
    );
    found[name] = `${row?.n} ${row?.sum}`;
  }
  return found;
};
