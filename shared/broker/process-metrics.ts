// What every process tells of itself: version, readiness, and its connections.
import { readFileSync } from "node:fs";
import type { ServiceBroker } from "moleculer";
import { poolState } from "../db/knex.ts";
import type { Deps } from "./deps.ts";
import { onScrape, tellGauge } from "./metrics.ts";

const versionOf = (): string => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
};

/** Tells of this process whenever somebody asks; call the answer to stop. */
export const watchProcess = (broker: ServiceBroker, deps: Deps, ready: () => boolean): (() => void) => {
  const version = versionOf();
  return onScrape("process", ["lc_build_info", "lc_ready", "lc_redis_connected"], () => {
    const services = broker.services
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("$"))
      .sort();
    tellGauge("lc_build_info", [{ labels: { version, services: services.join(" ") }, value: 1 }]);
    tellGauge("lc_ready", [{ labels: {}, value: ready() ? 1 : 0 }]);
    tellGauge("lc_redis_connected", [{ labels: {}, value: deps.redis.status === "ready" ? 1 : 0 }]);
  });
};

/** The series of lc_postgres_connections for these pools. */
export const tellPools = (pools: Readonly<Record<string, Deps["db"]>>): void =>
  tellGauge(
    "lc_postgres_connections",
    Object.entries(pools).flatMap(([pool, db]) =>
      Object.entries(poolState(db)).map(([state, value]) => ({ labels: { pool, state }, value })),
    ),
  );
