// The database that a backup is restored into: what is in it, who is connected to it, and taking away what is ours.
import { query, type Sql, type Trx } from "../db/knex.ts";
import { quotedTable } from "./archive.ts";
import { ourPublic, ourSchemas } from "./left-out.ts";

/** Tables whose rows people made; a system with none of them is empty. */
const peoples = [
  ["contacts.contacts", "contacts"],
  ["contacts.segments", "segments"],
  ["contacts.imports", "imports"],
  ["consent.suppressions", "suppressed addresses"],
  ["campaigns.campaigns", "campaigns"],
  ["campaigns.templates", "templates"],
  ["messaging.messages", "messages"],
] as const;

export interface Target {
  readonly database: string;
  /** What people made in it, such as "200 contacts"; empty when nothing. */
  readonly found: readonly string[];
  /** Names of processes of the platform that are connected. */
  readonly connected: readonly string[];
}

/** Looks at the database. Throws when Postgres is away. */
export const examineTarget = async (sql: Sql, ownName: string): Promise<Target> => {
  const [here] = await query<{ database: string }>(sql, "select current_database() as database");
  const found: string[] = [];
  for (const [table, words] of [...peoples, ["accounts.users", "accounts"] as const]) {
    const [there] = await query<{ there: boolean }>(sql, "select to_regclass(?) is not null as there", [table]);
    if (!there?.there) continue;
    const [row] = await query<{ n: number }>(sql, `select count(*)::int as n from ${quotedTable(table)}`);
    const n = row?.n ?? 0;
    // The first owner is made by the first start.
    if (n > (table === "accounts.users" ? 1 : 0)) found.push(`${n} ${words}`);
  }
  const connected = await query<{ name: string }>(
    sql,
    `select distinct substring(application_name from 4) as name from pg_stat_activity
     where datname = current_database() and application_name like 'lc:%' and application_name <> ? order by 1`,
    [ownName],
  );
  return { database: here?.database ?? "", found, connected: connected.map(({ name }) => name) };
};

/** Takes away everything of the platform, in the transaction: until its end, all of it is still there. */
export const wipe = async (trx: Trx): Promise<void> => {
  for (const schema of ourSchemas) await trx.raw(`drop schema if exists ${schema} cascade`);
  for (const table of ourPublic.tables) await trx.raw(`drop table if exists public.${table}`);
  for (const made of ourPublic.functions) await trx.raw(`drop function if exists public.${made}`);
};
