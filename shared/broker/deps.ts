// What a use case gets: the process's connections, clock and ids, made once per process and closed last.
import { once } from "node:events";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import type { ServiceBroker } from "moleculer";
import { config } from "../config.ts";
import { connectPostgres, type Db } from "../db/knex.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type MakeId, makeId } from "../lib/ids.ts";
import type { Scope } from "../lib/scope.ts";
import { connectRedis } from "../streams/connections.ts";

export interface Log {
  debug(...args: unknown[]): void;
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

export interface Deps {
  readonly db: Db;
  /** Shared client for short commands; never for blocking reads. */
  readonly redis: Redis;
  readonly clock: Clock;
  readonly id: MakeId;
  readonly log: Log;
  readonly broker: ServiceBroker;
  /** Names this process in leases and logs. */
  readonly node: string;
  /** Whose data this call may touch: set for people limited to some communities, absent in jobs and events. */
  readonly scope?: Scope;
}

const made = new WeakMap<ServiceBroker, Deps>();

/** The dependencies of this process. Throws a sentence when DATABASE_URL or REDIS_URL is missing. */
export const depsOf = (broker: ServiceBroker): Deps => {
  const known = made.get(broker);
  if (known) return known;
  const deps: Deps = {
    db: connectPostgres(databaseUrl(), config.dbPool, `lc:${broker.nodeID}`),
    redis: connectRedis(redisUrl(), "commands", { log: broker.logger }),
    clock: systemClock,
    id: makeId,
    log: broker.logger,
    broker,
    node: broker.nodeID,
  };
  made.set(broker, deps);
  return deps;
};

/** Closes the connections after everything else has stopped. */
export const closeDeps = async (broker: ServiceBroker): Promise<void> => {
  const deps = made.get(broker);
  if (!deps) return;
  made.delete(broker);
  await deps.db.destroy();
  deps.redis.disconnect();
};

const silent = (): void => undefined;

/** What a command beside the running system needs; `close` it when done. */
export const commandDeps = (databaseUrl: string, redisUrl: string, name: string) => {
  const db = connectPostgres(databaseUrl, 2, `lc:${name}`);
  // The command itself says that Redis is away, in its own words.
  const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
  const redis = connectRedis(redisUrl, name, { log });
  return {
    db,
    redis,
    id: makeId,
    clock: systemClock,
    /** Resolves once Redis can be asked; rejects with its first complaint, or after five seconds. */
    untilRedis: async () => {
      if (redis.status !== "ready") await once(redis, "ready", { signal: AbortSignal.timeout(5_000) });
    },
    close: async () => {
      redis.disconnect();
      await db.destroy();
    },
  };
};

const missing = (name: string) =>
  new Error(
    `${name} is not set. \`npm start\` sets it for the processes it starts; a group that runs alone needs it, for example from docker compose: see .env.example`,
  );

export const databaseUrl = (): string => {
  if (!config.databaseUrl) throw missing("DATABASE_URL");
  return config.databaseUrl;
};

export const redisUrl = (): string => {
  if (!config.redisUrl) throw missing("REDIS_URL");
  return config.redisUrl;
};

/** Unique per process, readable in logs. */
export const nodeId = (): string =>
  `${config.replica === `${hostname()}-${process.pid}` ? "" : `${config.replica}-`}${hostname()}-${process.pid}`;
