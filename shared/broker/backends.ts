// Watches what this process stands on: Postgres, its schema, and Redis. Says what is missing, once per change.
// A backend that is away never ends the process: it reports unready and carries on when the backend is back.
import { setTimeout as delay } from "node:timers/promises";
import { createLookout } from "../boot/lookout.ts";
import { config } from "../config.ts";
import { isConnectionLost, pingPostgres } from "../db/knex.ts";
import { migrate, pendingMigrations } from "../db/migrate.ts";
import type { Finding } from "../finding.ts";
import { connectionTrouble } from "../lib/connection-trouble.ts";
import { troubleOf } from "../streams/connections.ts";
import type { Deps } from "./deps.ts";

export interface Backends {
  /** What is missing right now, in words; empty when everything is there. */
  missing(): readonly string[];
  /** What is not well with what is there; it may still do. */
  findings(): readonly Finding[];
  /** Resolves when Postgres answers with the schema that this code expects, and Redis answers. */
  untilThere(): Promise<void>;
  stop(): void;
}

const PROBE_EVERY_MS = 1_000;
const PROBE_TIMEOUT_MS = 5_000;
const PATIENCE_MS = 15_000;

const within = async <T>(work: Promise<T>, ms: number, what: string): Promise<T> => {
  const timer = new AbortController();
  try {
    return await Promise.race([
      work,
      delay(ms, undefined, { signal: timer.signal }).then(() =>
        Promise.reject(new Error(`${what} did not answer within ${ms} ms`)),
      ),
    ]);
  } finally {
    timer.abort();
  }
};

const probePostgres = async (deps: Deps): Promise<string | undefined> => {
  try {
    await within(pingPostgres(deps.db), PROBE_TIMEOUT_MS, "Postgres");
    return undefined;
  } catch (error) {
    return `Postgres: ${connectionTrouble(error, "Postgres")}`;
  }
};

const probeRedis = async (deps: Deps): Promise<string | undefined> => {
  if (deps.redis.status !== "ready") {
    const why = troubleOf(deps.redis);
    return `Redis: no connection${why ? ` (${why})` : ""}`;
  }
  try {
    await within(deps.redis.ping(), PROBE_TIMEOUT_MS, "Redis");
    return undefined;
  } catch (error) {
    return `Redis: ${(error as Error).message}`;
  }
};

const bringSchemaUp = async (deps: Deps): Promise<string | undefined> => {
  try {
    if (config.migrate) {
      const applied = await migrate(deps.db);
      if (applied.length > 0) deps.log.info(`schema brought up to date: ${applied.join(", ")}`);
      return undefined;
    }
    const pending = await pendingMigrations(deps.db);
    return pending.length > 0 ? `schema: waits for migrations ${pending.join(", ")} (npm run migrate)` : undefined;
  } catch (error) {
    if (isConnectionLost(error)) return `Postgres: ${(error as Error).message}`;
    throw error;
  }
};

/** The names of the services that handle mail. */
const mailServices = new Set(["gateway", "campaigns", "email"]);

/** Starts watching. Probes once a second, and logs each change in one sentence. */
export const watchBackends = (deps: Deps): Backends => {
  let missing: readonly string[] = ["Postgres: not asked yet", "Redis: not asked yet"];
  let stopped = false;
  let schemaReady = false;
  let wasThere = false;
  let said = "";
  const began = deps.clock.monotonic();
  const stop = new AbortController();
  const { broker } = deps;
  const lookout = createLookout(deps, {
    processes: () => broker.registry?.getNodeList({ onlyAvailable: true, withServices: false }).length ?? 1,
    sends: () => broker.services.some(({ name }) => mailServices.has(name)),
  });
  const blocked = (): readonly string[] =>
    lookout
      .findings()
      .filter(({ blocks }) => blocks)
      .map(({ area, name, found }) => `${area}: ${name} is ${found}`);

  const probe = async () => {
    const [postgres, redis] = await Promise.all([probePostgres(deps), probeRedis(deps)]);
    await lookout.look({ postgres: postgres === undefined, redis: redis === undefined });
    // A Postgres that is too old is not given a schema that it could not keep.
    const usable = postgres === undefined && !blocked().some((what) => what.startsWith("Postgres"));
    const schema = usable && !schemaReady ? await bringSchemaUp(deps) : undefined;
    if (usable && schema === undefined) schemaReady = true;
    missing = [postgres, schema, redis, ...blocked()].filter((what) => what !== undefined);
    const sentence = missing.join("; ");
    if (sentence !== said) {
      // At the start others are still coming up too: only an absence that lasts, or comes later, is worth a warning.
      const early = !wasThere && deps.clock.monotonic() - began < PATIENCE_MS;
      if (sentence && early) deps.log.info(`waiting for ${sentence}`);
      else if (sentence) deps.log.warn(`waiting for ${sentence}`);
      else if (said) deps.log.info("Postgres and Redis answer");
      said = sentence;
    }
  };

  let firstTime: ((error?: unknown) => void) | undefined;
  const there = new Promise<void>((resolve, reject) => {
    firstTime = (error) => (error ? reject(error) : resolve());
  });
  const watch = async () => {
    while (!stopped) {
      await probe();
      if (missing.length === 0) {
        wasThere = true;
        firstTime?.();
      }
      await delay(missing.length > 0 && !schemaReady ? 250 : PROBE_EVERY_MS, undefined, {
        signal: stop.signal,
        ref: false,
      }).catch(() => undefined);
    }
  };
  watch().catch((error: unknown) => {
    missing = [`schema: ${(error as Error).message}`];
    firstTime?.(error);
  });

  return {
    missing: () => missing,
    findings: lookout.findings,
    untilThere: () => there,
    stop: () => {
      stopped = true;
      stop.abort();
    },
  };
};
