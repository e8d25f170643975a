// Asks the running platform for the sample workspace: one job, in the database that DATABASE_URL names. `npm start` runs
// this once, on a new data folder; the job decides whether there is room for it.
import { databaseUrl } from "../shared/broker/deps.ts";
import { connectPostgres } from "../shared/db/knex.ts";
import { enqueue } from "../shared/jobs/enqueue.ts";

const db = connectPostgres(databaseUrl(), 2, "lc:sample");
try {
  await db.transaction((trx) => enqueue(trx, "sample.seed", {}, { uniqueKey: "sample" }));
} finally {
  await db.destroy();
}
