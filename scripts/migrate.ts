// `npm run migrate`: brings the schema of DATABASE_URL up to date. Safe to run twice, and from several places at once.

import "../shared/refuse-wrong.ts";

import { config } from "../shared/config.ts";
import { connectPostgres, isConnectionLost } from "../shared/db/knex.ts";
import { migrate } from "../shared/db/migrate.ts";

const leave = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
};

const usage = "Usage: DATABASE_URL=postgres://… npm run migrate";
const [argument] = process.argv.slice(2);
if (argument !== undefined) leave(`npm run migrate takes no arguments, found "${argument}"\n${usage}`);
const url =
  config.databaseUrl ??
  leave(
    `DATABASE_URL is not set. (What \`npm start\` keeps in the data folder it brings up to date by itself.)\n${usage}`,
  );
const db = connectPostgres(url, Math.min(2, config.dbPool), "lc:migrate");
try {
  const applied = await migrate(db);
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(", ")}\n` : "The schema is up to date\n");
} catch (error) {
  if (!isConnectionLost(error)) throw error;
  leave(`Postgres does not answer at ${URL.parse(url)?.host ?? "DATABASE_URL"}: ${(error as Error).message}`);
} finally {
  await db.destroy();
}
