// What use cases need, for tests that call them as plain functions: a migrated database of their own, a real clock.
import { ServiceBroker } from "moleculer";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { freshDatabase, freshRedis } from "./infrastructure.ts";

export interface TestDeps {
  readonly deps: Deps;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  close(): Promise<void>;
}

/** Deps on a fresh database; nothing runs behind them (no relay, no workers). */
export const useCaseDeps = async (): Promise<TestDeps> => {
  const database = await freshDatabase();
  const redisUrl = freshRedis().url;
  const broker = new ServiceBroker({ logger: false });
  const deps: Deps = {
    db: connectPostgres(database.url, 5),
    redis: connectRedis(redisUrl, "commands"),
    clock: systemClock,
    id: makeId,
    log: broker.logger,
    broker,
    node: "test",
  };
  return {
    deps,
    databaseUrl: database.url,
    redisUrl,
    close: async () => {
      await deps.db.destroy();
      deps.redis.disconnect();
      await database.drop();
    },
  };
};
