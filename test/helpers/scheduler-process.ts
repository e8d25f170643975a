// A scheduler process for the fault tests. Arguments: Postgres URL, its name, how many ms its clock is off, and the
// schedules as JSON. It holds the clock until it is ended; nothing here runs the jobs.
import { ServiceBroker } from "moleculer";
import { startClock } from "../../services/scheduler/clock.ts";
import type { Schedule } from "../../services/scheduler/schedules.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { makeId } from "../../shared/lib/ids.ts";

const [databaseUrl = "", node = "", offMs = "0", given = "[]"] = process.argv.slice(2);
const broker = new ServiceBroker({ logger: false, skipProcessEventRegistration: true });
// A clock needs no Redis.
const deps = {
  db: connectPostgres(databaseUrl, 3, node),
  clock: { now: () => new Date(Date.now() + Number(offMs)), monotonic: () => performance.now() },
  id: makeId,
  log: broker.logger,
  broker,
  node,
} as unknown as Deps;

const clock = await startClock(deps, JSON.parse(given) as Schedule[], { lookMs: 300 });
process.send?.({ holding: true });
process.on("SIGTERM", async () => {
  await clock.stop();
  await deps.db.destroy();
  process.exit(0);
});
process.on("disconnect", () => process.exit());
