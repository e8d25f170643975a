// Restores a backup, in one transaction: what was there before is there until the last row is loaded, compared and
// settled. A restore that fails or is killed changes nothing.
import type { Readable } from "node:stream";
import { type Settled, settleRestored } from "../db/after-restore.ts";
import { type Db, query, type Trx } from "../db/knex.ts";
import { type Migration, migrationLock } from "../db/migrate.ts";
import { migrations } from "../db/migrations/index.ts";
import { makeId } from "../lib/ids.ts";
import type { Header, Manifest } from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { compareTables, type Loading, loadTable, prepareTables } from "./load.ts";
import { readArchive } from "./read-archive.ts";
import { noteRestore } from "./runs.ts";
import { plainText } from "./snapshot.ts";
import { wipe } from "./target.ts";

export interface RestoreOptions {
  readonly ring: readonly string[];
  /** The name of the backup, for the record. */
  readonly name: string;
  /** True: campaigns and messages go on by themselves. */
  readonly resume: boolean;
  /** Hears what is being done, in a few words. */
  readonly say: (words: string) => void;
}

export interface RestoreResult extends Settled {
  readonly header: Header;
  readonly manifest: Manifest;
  /** Migrations that came after the backup's. */
  readonly migrated: readonly string[];
}

/** The migrations of the backup, and those after them. Throws BackupError for a backup of a newer schema. */
const splitMigrations = (
  header: Header,
): { readonly before: readonly Migration[]; readonly since: readonly Migration[] } => {
  const applied = new Set(header.migrations);
  const ours = new Set(migrations.map(({ name }) => name));
  const unknown = header.migrations.filter((name) => !ours.has(name));
  if (unknown.length > 0)
    throw new BackupError(
      `The backup has a newer schema (${unknown.join(", ")}), written by version ${header.platform} of the platform; this version does not know it. Install that version or a newer one to restore it.`,
    );
  return {
    before: migrations.filter(({ name }) => applied.has(name)),
    since: migrations.filter(({ name }) => !applied.has(name)),
  };
};

const apply = async (trx: Trx, all: readonly Migration[]): Promise<void> => {
  for (const { name, up } of all) {
    await up(trx);
    await query(trx, "insert into public.schema_migrations (name) values (?)", [name]);
  }
};

const begin = async (trx: Trx, header: Header) => {
  const { before, since } = splitMigrations(header);
  await trx.raw("select pg_advisory_xact_lock(?)", [migrationLock]);
  await wipe(trx);
  await trx.raw(
    "create table public.schema_migrations (name text primary key, applied_at timestamptz not null default now())",
  );
  await apply(trx, before);
  return { since, finish: await prepareTables(trx, header) };
};

/**
 * Restores the backup in `sealed` over whatever is in the database: whoever calls has made sure that it may go. Throws
 * BackupError in one sentence for a wrong key, a damaged file, a newer format or schema; nothing is changed then.
 */
export const restoreBackup = (
  db: Db,
  sealed: Readable,
  { ring, name, resume, say }: RestoreOptions,
): Promise<RestoreResult> =>
  db.transaction(async (trx) => {
    await plainText(trx);
    let started: Awaited<ReturnType<typeof begin>> | undefined;
    let header: Header | undefined;
    let manifest: Manifest | undefined;
    let loading: Loading | undefined;
    for await (const part of readArchive(sealed, ring)) {
      if (part.kind === "header") {
        header = part.header;
        say(`Making the tables as they were on ${header.takenAt}`);
        started = await begin(trx, header);
      } else if (part.kind === "block") {
        say(`Loading ${part.table.name}`);
        loading = await loadTable(trx, part.table);
      } else if (part.kind === "rows") await loading?.take(part.bytes);
      else if (part.kind === "end") await loading?.end();
      else manifest = part.manifest;
    }
    if (!header || !started || !manifest) throw new BackupError("The backup ended too early.");
    say("Comparing every table with the backup");
    await compareTables(trx, header, manifest);
    await started.finish();
    // Settling is written for the schema of today.
    await apply(trx, started.since);
    const settled = await settleRestored(trx, { resume });
    const done = { takenAt: new Date(header.takenAt), name, rows: manifest.rows, resumed: resume, ...settled };
    await noteRestore(trx, makeId(), done);
    return { header, manifest, migrated: started.since.map(({ name: one }) => one), ...settled };
  });
