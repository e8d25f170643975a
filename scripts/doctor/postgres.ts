// Postgres: reachable, new enough, its schema as this code expects it, pgvector, room for connections, and its clock.
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { pendingMigrations } from "../../shared/db/migrate.ts";
import { migrations } from "../../shared/db/migrations/index.ts";
import { about, type Finding, within, wordsOf } from "./finding.ts";

const { ok, warning, problem } = about("Postgres");
const OLDEST = 15;
const WAIT_MS = 8_000;

export interface PostgresHealth {
  readonly findings: readonly Finding[];
  /** Milliseconds by which its clock is ahead of ours; undefined when it did not answer. */
  readonly aheadMs: number | undefined;
}

interface Facts {
  readonly version: number;
  readonly now: Date;
  readonly vector: string | null;
  readonly available: string | null;
  readonly connections: number;
}

const versionOf = ({ version }: Facts): Finding => {
  const said = `${Math.floor(version / 10_000)}.${version % 10_000}`;
  return version >= OLDEST * 10_000
    ? ok("Version", said)
    : problem("Version", said, "Bring it up to Postgres 15 or newer.");
};

const vectorOf = ({ vector, available }: Facts): Finding => {
  if (vector) return ok("pgvector", `${vector}, in use`);
  return available
    ? ok("pgvector", `${available}, installed on the server`)
    : warning(
        "pgvector",
        "not installed",
        "Install it before the knowledge base comes (Debian: postgresql-17-pgvector); everything else works without it.",
      );
};

const connectionsOf = ({ connections }: Facts): Finding =>
  connections >= 60
    ? ok("Connections", `${connections} at most`)
    : warning(
        "Connections",
        `${connections} at most`,
        "Each process takes up to LC_DB_POOL + 4: raise max_connections, or lower LC_DB_POOL.",
      );

const schemaOf = async (db: Db): Promise<Finding> => {
  const pending = await pendingMigrations(db);
  const latest = migrations.at(-1)?.name ?? "";
  if (pending.length === migrations.length)
    return warning("Schema", "there is none yet", "The first start makes it, or npm run migrate does.");
  const done = await query<{ name: string }>(db, "select name from public.schema_migrations order by name");
  const newer = done.filter(({ name }) => !migrations.some((migration) => migration.name === name));
  if (newer.length > 0)
    return problem(
      "Schema",
      `newer than this code: ${newer.map(({ name }) => name).join(", ")}`,
      "Start the version that made it, or a newer one: migrations do not go back.",
    );
  return pending.length === 0
    ? ok("Schema", `up to date (${latest})`)
    : warning(
        "Schema",
        `behind: ${pending.join(", ")}`,
        "The next start brings it up to date, or npm run migrate does.",
      );
};

/** Findings about the Postgres at this address. */
export const checkPostgres = async (url: string): Promise<PostgresHealth> => {
  const db = connectPostgres(url, 1, "lc:doctor");
  try {
    // The first question pays for the connection; the second one tells the time.
    await within(query(db, "select 1"), WAIT_MS);
    const asked = Date.now();
    const [facts] = await within(
      query<Facts>(
        db,
        `select current_setting('server_version_num')::int as version, clock_timestamp() as now,
           (select extversion from pg_extension where extname = 'vector') as vector,
           (select default_version from pg_available_extensions where name = 'vector') as available,
           current_setting('max_connections')::int as connections`,
      ),
      WAIT_MS,
    );
    const middle = (asked + Date.now()) / 2;
    if (!facts) throw new Error("it answered nothing");
    const schema = await within(schemaOf(db), WAIT_MS);
    return {
      aheadMs: facts.now.getTime() - middle,
      findings: [ok("Reachable", "it answers"), versionOf(facts), schema, vectorOf(facts), connectionsOf(facts)],
    };
  } catch (error) {
    const advice = "Start it, or correct DATABASE_URL: without Postgres nothing runs.";
    return { aheadMs: undefined, findings: [problem("Reachable", `no: ${wordsOf(error)}`, advice)] };
  } finally {
    await db.destroy();
  }
};
