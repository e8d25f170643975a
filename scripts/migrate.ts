// `npm run migrate`: brings the schema of DATABASE_URL up to date. Safe to run twice, and from several places at once.

import "../shared/refuse-wrong.ts";

import { databaseUrl } from "../shared/broker/deps.ts";
import { config } from "../shared/config.ts";
import { connectPostgres } from "../shared/db/knex.ts";
import { migrate } from "../shared/db/migrate.ts";

const db = connectPostgres(databaseUrl(), Math.min(2, config.dbPool), "lc:migrate");
try {
  const applied = await migrate(db);
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(", ")}\n` : "The schema is up to date\n");
} finally {
  await db.destroy();
}
