// Brings the schema up to date: every migration once, in order, each in a transaction of its own, under one lock.
// Forward only; safe to call from any number of processes at once, and a no-op when there is nothing to do. The version
// before may be at work meanwhile: a migration that does not get a lock soon steps aside, so that nobody queues behind it.
import { setTimeout as delay } from "node:timers/promises";
import type { Db, Trx } from "./knex.ts";
import { migrations } from "./migrations/index.ts";

export interface Migration {
  /** `0001_contacts`: number and noun; the order of the list is the order of the numbers. */
  readonly name: string;
  readonly up: (trx: Trx) => Promise<void>;
}

/** Held by whoever changes the schema, until the end of its transaction. */
export const migrationLock = 7_262_001;
/** A statement waits so long for the lock of a table: everybody who needs that table waits behind it. */
const lockMs = 1_000;
const pauseMs = 500;
/** So many tries of one migration take about ten minutes; whoever holds a table longer has to be ended by hand. */
const mostTries = 400;

/** Applies the first that is missing, and returns its name. */
const applyNext = (db: Db, all: readonly Migration[]): Promise<string | undefined> =>
  db.transaction(async (trx) => {
    await trx.raw("select pg_advisory_xact_lock(?)", [migrationLock]);
    await trx.raw(
      "create table if not exists public.schema_migrations (name text primary key, applied_at timestamptz not null default now())",
    );
    const done = new Set(
      ((await trx("public.schema_migrations").select("name")) as { name: string }[]).map((row) => row.name),
    );
    const next = all.find((migration) => !done.has(migration.name));
    if (!next) return undefined;
    await trx.raw(`set local lock_timeout = ${lockMs}`);
    await next.up(trx);
    await trx("public.schema_migrations").insert({ name: next.name });
    return next.name;
  });

/** True when somebody else had a lock: it did not come in time, or each waited for the other. */
const isLockedOut = (error: unknown): boolean =>
  ["55P03", "40P01"].includes(String((error as { code?: unknown } | null)?.code));

/**
 * Applies what is missing, and returns the names of what this call applied. Waits for long transactions up to about ten
 * minutes; then it throws, as it does when Postgres is away. What was applied until then stays.
 */
export const migrate = async (db: Db, all: readonly Migration[] = migrations): Promise<readonly string[]> => {
  const applied: string[] = [];
  for (let tries = 1; ; ) {
    try {
      const name = await applyNext(db, all);
      if (name === undefined) return applied;
      applied.push(name);
      tries = 1;
    } catch (error) {
      if (!isLockedOut(error) || tries++ >= mostTries) throw error;
      await delay(pauseMs);
    }
  }
};

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
