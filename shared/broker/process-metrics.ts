// What every process tells of itself: version, readiness, and its connections.
import type { ServiceBroker } from "moleculer";
import { poolOf } from "../db/knex.ts";
import type { Deps } from "./deps.ts";
import { onScrape, tellGauge } from "./metrics.ts";
import { release } from "./release.ts";

/** Tells of this process whenever somebody asks; call the answer to stop. */
export const watchProcess = (broker: ServiceBroker, deps: Deps, ready: () => boolean): (() => void) => {
  return onScrape("process", ["lc_build_info", "lc_ready", "lc_redis_connected"], () => {
    const services = broker.services
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("$"))
      .sort();
    tellGauge("lc_build_info", [{ labels: { version: release.version, services: services.join(" ") }, value: 1 }]);
    tellGauge("lc_ready", [{ labels: {}, value: ready() ? 1 : 0 }]);
    tellGauge("lc_redis_connected", [{ labels: {}, value: deps.redis.status === "ready" ? 1 : 0 }]);
  });
};

/** The series of lc_postgres_connections for these pools. */
export const tellPools = (pools: Readonly<Record<string, Deps["db"]>>): void =>
  tellGauge(
    "lc_postgres_connections",
    Object.entries(pools).flatMap(([pool, db]) => {
      const { used, open, waiting } = poolOf(db);
      return Object.entries({ used, idle: open - used, wanted: waiting }).map(([state, value]) => ({
        labels: { pool, state },
        value,
      }));
    }),
  );
