// What Postgres must be, checked at start and by the doctor: new enough, with a schema for this code, with pgvector for
// what needs it, and with room for all processes.
import type { PostgresFacts, SchemaState } from "../db/facts.ts";
import { about, type Finding } from "../finding.ts";
import { jobConnections } from "../jobs/job-connections.ts";

const { ok, warning, problem } = about("Postgres");
const OLDEST = 15;

const versionOf = ({ version }: PostgresFacts): Finding => {
  const said = `${Math.floor(version / 10_000)}.${version % 10_000}`;
  return version >= OLDEST * 10_000
    ? ok("Version", said)
    : { ...problem("Version", said, "Bring it up to Postgres 15 or newer."), blocks: true };
};

const vectorOf = ({ vector, vectorThere }: PostgresFacts): Finding => {
  if (vector) return ok("pgvector", `${vector}, in use`);
  return vectorThere
    ? ok("pgvector", `${vectorThere}, installed on the server`)
    : warning(
        "pgvector",
        "not installed",
        "Search by meaning needs it (Debian: postgresql-17-pgvector; image: pgvector/pgvector); everything else works without it.",
      );
};

/** `processes`: how many stand on this server. */
const connectionsOf = ({ connections }: PostgresFacts, processes: number, pool: number): Finding => {
  const each = pool + jobConnections;
  const said = `${connections} for clients, ${each} for each process at most`;
  return processes * each > connections
    ? warning(
        "Connections",
        `${said}: too few for ${processes} processes`,
        "Raise max_connections, lower LC_DB_POOL, or put a pooler in session mode in front: a process that gets none waits.",
      )
    : ok("Connections", `${said}: room for ${Math.floor(connections / each)} processes`);
};

/** How the schema is, for the doctor; a process brings it up to date itself, or waits. */
export const schemaFinding = ({ pending, newer, none, latest }: SchemaState): Finding => {
  if (none) return warning("Schema", "not there yet", "The first start makes it, or npm run migrate does.");
  if (pending.length > 0)
    return warning(
      "Schema",
      `behind: ${pending.join(", ")}`,
      "The next start brings it up to date, or npm run migrate does.",
    );
  return newer.length > 0
    ? ok("Schema", `newer than this code (${newer.join(", ")}), which still runs on it: a newer version is rolled out`)
    : ok("Schema", `up to date (${latest})`);
};

/** Findings about the server. `processes`: those known to the caller, itself among them; `pool`: LC_DB_POOL. */
export const postgresFindings = (facts: PostgresFacts, processes: number, pool: number): readonly Finding[] => [
  versionOf(facts),
  vectorOf(facts),
  connectionsOf(facts, Math.max(1, processes, facts.processes), pool),
];
