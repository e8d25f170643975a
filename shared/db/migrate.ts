// Brings the schema up to date: every migration once, in order, all under one transaction-level lock.
// Forward only; safe to call from any number of processes at once, and a no-op when there is nothing to do.
import type { Db, Trx } from "./knex.ts";
import { migrations } from "./migrations/index.ts";

export interface Migration {
  /** `0001_contacts`: number and noun; the order of the list is the order of the numbers. */
  readonly name: string;
  readonly up: (trx: Trx) => Promise<void>;
}

const LOCK = 7_262_001;

/** Applies what is missing. Returns the names it applied. Throws when the database is newer than this code. */
export const migrate = async (db: Db): Promise<readonly string[]> =>
  db.transaction(async (trx) => {
    await trx.raw("select pg_advisory_xact_lock(?)", [LOCK]);
    await trx.raw(
      "create table if not exists public.schema_migrations (name text primary key, applied_at timestamptz not null default now())",
    );
    const done = new Set(
      ((await trx("public.schema_migrations").select("name")) as { name: string }[]).map((row) => row.name),
    );
    const missing = migrations.filter((migration) => !done.has(migration.name));
    for (const migration of missing) {
      await migration.up(trx);
      await trx("public.schema_migrations").insert({ name: migration.name });
    }
    return missing.map((migration) => migration.name);
  });

/** Names of migrations that the database lacks; empty means this code can run on it. Throws when Postgres is away. */
export const pendingMigrations = async (db: Db): Promise<readonly string[]> => {
  const { rows } = await db.raw<{ rows: { exists: boolean }[] }>(
    "select to_regclass('public.schema_migrations') is not null as exists",
  );
  if (!rows[0]?.exists) return migrations.map((migration) => migration.name);
  const done = new Set(
    ((await db("public.schema_migrations").select("name")) as { name: string }[]).map((row) => row.name),
  );
  return migrations.filter((migration) => !done.has(migration.name)).map((migration) => migration.name);
};
