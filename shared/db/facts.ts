// What a Postgres server says of itself, for the checks at start and the doctor. Reads only, and little.

import { type Db, query } from "./knex.ts";
import { pendingMigrations } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";

export interface PostgresFacts {
  /** As `server_version_num`: 150020 is 15.20. */
  readonly version: number;
  /** Its clock minus ours, in milliseconds. */
  readonly aheadMs: number;
  /** Version of pgvector in this database; null when it is not in use. */
  readonly vector: string | null;
  /** Version of pgvector that the server could put in use; null when it has none. */
  readonly vectorThere: string | null;
  /** Connections that it gives to clients that are no superusers. */
  readonly connections: number;
  /** Processes of the platform that are connected right now; those that have been idle for long are not. */
  readonly processes: number;
  readonly database: string;
}

/** Asks the server. Rejects as the connection does. */
export const postgresFacts = async (db: Db): Promise<PostgresFacts> => {
  // The first question pays for the connection; the second one tells the time.
  await query(db, "select 1");
  const asked = Date.now();
  const [facts] = await query<Omit<PostgresFacts, "aheadMs"> & { readonly now: Date }>(
    db,
    `select current_setting('server_version_num')::int as version, clock_timestamp() as now,
       (select extversion from pg_extension where extname = 'vector') as vector,
       (select default_version from pg_available_extensions where name = 'vector') as "vectorThere",
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
       (select count(distinct application_name) from pg_stat_activity where application_name ~ '^lc:.*-[0-9]+$')::int as processes,
       current_database() as database`,
  );
  if (!facts) throw new Error("it answered nothing");
  return { ...facts, aheadMs: facts.now.getTime() - (asked + Date.now()) / 2 };
};

export interface SchemaState {
  /** Migrations of this code that the database lacks. */
  readonly pending: readonly string[];
  /** Migrations that the database has and this code does not know. */
  readonly newer: readonly string[];
  readonly none: boolean;
  readonly latest: string;
}

/** How the schema compares with what this code expects. Rejects as the connection does. */
export const schemaState = async (db: Db): Promise<SchemaState> => {
  const pending = await pendingMigrations(db);
  const none = pending.length === migrations.length;
  const done = none ? [] : await query<{ name: string }>(db, "select name from public.schema_migrations order by name");
  const newer = done.filter(({ name }) => !migrations.some((migration) => migration.name === name));
  return { pending, newer: newer.map(({ name }) => name), none, latest: migrations.at(-1)?.name ?? "" };
};
