// Real Redis and Postgres for tests: shared ones with a database per caller, and private ones to stop and kill.
// Everything started here ends with the test run at the latest.
import { randomBytes } from "node:crypto";
import { closeSync, cpSync, openSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { type PostgresServer, type RedisServer, runEmbedded, runPostgres, runRedis } from "./infrastructure-servers.ts";

export { freePort } from "../../scripts/start/ports.ts";
export type { PostgresServer, RedisServer, StopMode } from "./infrastructure-servers.ts";

/** Starts a Redis server of one's own, append-only file on. `config` are further lines of redis.conf. */
export const startRedis = ({ config = [] }: { config?: readonly string[] } = {}): Promise<RedisServer> =>
  runRedis(inject("runDir"), config);

/** True when there is a real Postgres server that tests may stop; otherwise such tests skip themselves. */
export const hasRealPostgres = (): boolean => inject("postgresUrl") !== "";

/** Starts a real Postgres server of one's own (about 1 s). Its database `postgres` is empty. `files` lie in its folder. */
export const startPostgres = ({
  settings = [],
  files = {},
}: {
  settings?: readonly string[];
  files?: Readonly<Record<string, string>>;
} = {}): Promise<PostgresServer> => runPostgres(inject("runDir"), settings, files);

/** The browser's path, or undefined when there is none. */
export const chromePath = (): string | undefined => inject("chromePath") || undefined;

/**
 * A database of the shared Redis that nobody used before in this run: number in the URL's path.
 * Pub/sub is not separated by it: processes with Moleculer need `startRedis`.
 */
export const freshRedis = (): { readonly url: string } => {
  const limit = inject("redisDatabases");
  for (let number = 1; number < limit; number += 1) {
    try {
      closeSync(openSync(join(inject("runDir"), "redis-databases", String(number)), "wx"));
      return { url: `${inject("redisUrl").replace(/\/\d*$/, "")}/${number}` };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new Error(`All ${limit} databases of the shared Redis are in use.`);
};

const administer = async (sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** A migrated database for one test file, cloned from the template (about 0.1 s). */
export const freshDatabase = async (): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> => {
  const name = `t_${randomBytes(6).toString("hex")}`;
  if (!hasRealPostgres()) {
    const folder = join(inject("runDir"), name);
    cpSync(inject("template"), folder, { recursive: true });
    const server = await runEmbedded(inject("runDir"), folder);
    return { url: server.url, drop: () => server.stop("kill9") };
  }
  // Without fsync, copying the files costs a third of writing all of it to the log as well.
  await administer(`create database ${name} template ${inject("template")} strategy file_copy`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
};
