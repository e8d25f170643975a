// Postgres: whether it answers, how its schema is, and what the check at start would say of it.
import { postgresEncryption } from "../../shared/boot/encryption.ts";
import { postgresFindings, schemaFinding } from "../../shared/boot/postgres.ts";
import { authorityFor } from "../../shared/certificates.ts";
import { postgresFacts, schemaState } from "../../shared/db/facts.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { about, type Finding, within } from "../../shared/finding.ts";
import { connectionTrouble } from "../../shared/lib/connection-trouble.ts";

const { ok, problem } = about("Postgres");
const WAIT_MS = 8_000;

export interface PostgresHealth {
  readonly findings: readonly Finding[];
  /** Milliseconds by which its clock is ahead of ours; undefined when it did not answer. */
  readonly aheadMs: number | undefined;
}

/** Findings about the Postgres at this address. `pool`: connections of a process (LC_DB_POOL). */
export const checkPostgres = async (url: string, pool: number): Promise<PostgresHealth> => {
  const db = connectPostgres(url, 1, "lc:doctor");
  try {
    const facts = await within(postgresFacts(db), WAIT_MS);
    const schema = await within(schemaState(db), WAIT_MS);
    return {
      aheadMs: facts.aheadMs,
      findings: [
        ok("Reachable", "it answers"),
        ...postgresEncryption(url, authorityFor("LC_POSTGRES_CA")),
        schemaFinding(schema),
        ...postgresFindings(facts, facts.processes, pool),
      ],
    };
  } catch (error) {
    const advice = "Start it, or correct DATABASE_URL: without Postgres nothing runs.";
    const found = `no: ${connectionTrouble(error, "Postgres")}`;
    return { aheadMs: undefined, findings: [problem("Reachable", found, advice)] };
  } finally {
    await db.destroy();
  }
};
