// Asks for the sample workspace: one job, in the database that DATABASE_URL names, as soon as its schema is there.
// `npm start` runs this once, on a new data folder, beside the services that start; the job decides whether there is
// room for it.
import "../shared/refuse-wrong.ts";

import { setTimeout as delay } from "node:timers/promises";
import { databaseUrl } from "../shared/broker/deps.ts";
import { connectPostgres } from "../shared/db/knex.ts";
import { pendingMigrations } from "../shared/db/migrate.ts";
import { enqueue } from "../shared/jobs/enqueue.ts";

const WAIT_MS = 180_000;

const db = connectPostgres(databaseUrl(), 2, "lc:sample");
const deadline = performance.now() + WAIT_MS;
try {
  while ((await pendingMigrations(db)).length > 0) {
    if (performance.now() > deadline) throw new Error(`The schema was not there after ${WAIT_MS / 1000} s`);
    await delay(200);
  }
  await db.transaction((trx) => enqueue(trx, "sample.seed", {}, { uniqueKey: "sample" }));
} finally {
  await db.destroy();
}
