// A watch process for the fault tests of monitors. Arguments: Postgres URL, Redis URL, its name.
import { ServiceBroker } from "moleculer";
import { startWatch } from "../../services/scheduler/monitors/watch.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";

const [databaseUrl = "", redisUrl = "", node = ""] = process.argv.slice(2);
const broker = new ServiceBroker({ logger: false, skipProcessEventRegistration: true });
const db = connectPostgres(databaseUrl, 3, `watch:${node}`);
const redis = connectRedis(redisUrl, "commands");
startWatch(
  { db, redis, clock: systemClock, id: makeId, log: broker.logger, broker, node },
  { everyMs: 200, lookMs: 50 },
);
process.send?.({ watching: true });
