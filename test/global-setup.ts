// Once per test run: a real Redis and a real Postgres, private and on free ports, with a migrated template database
// that test files clone. Says what it used; everything ends with the run, also with a killed one.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { findProgram } from "../scripts/start/packages.ts";
import { endLeftovers } from "../scripts/start/run-files.ts";
import { config } from "../shared/config.ts";
import { connectPostgres } from "../shared/db/knex.ts";
import { ensureChromium, ensurePostgres, ensureRedis } from "./helpers/infrastructure-packages.ts";
import {
  type PostgresServer,
  prepareCluster,
  type RedisServer,
  runEmbedded,
  runPostgres,
  runRedis,
} from "./helpers/infrastructure-servers.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Folder of this run: servers' data, notes for the guard. */
    runDir: string;
    redisUrl: string;
    /** How many databases that Redis has; 0 is left alone. */
    redisDatabases: number;
    /** Superuser's URL of the shared Postgres; empty when only the embedded one is there. */
    postgresUrl: string;
    /** Name of the migrated database to clone, or the folder of the migrated embedded one. */
    template: string;
    chromePath: string;
  }
}

const redisDatabases = 4096;
const root = resolve(import.meta.dirname, "..");
let runDir = "";
let dropTemplate = async (): Promise<void> => {};

/** A server whose template was made: how to reach it and what to clone. */
interface Prepared {
  readonly postgresUrl: string;
  readonly template: string;
  readonly words: string;
}

const withDatabase = (url: string, database: string) => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
};

/** A migration that does not load or run fails the tests that need its tables, not the ones that need no database. */
const migrated = async (url: string): Promise<void> => {
  const db = connectPostgres(url, 2);
  try {
    const { migrate } = await import("../shared/db/migrate.ts");
    await migrate(db);
  } catch (error) {
    process.stdout.write(`The schema could not be made: ${(error as Error).message}\n`);
  } finally {
    await db.destroy();
  }
};

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const prepareReal = async (url: string, where: string): Promise<Prepared> => {
  const template = `lc_template_${process.pid}`;
  const version = await withClient(url, async (client) => {
    await client.query(`drop database if exists ${template} with (force)`);
    await client.query(`create database ${template}`);
    return (await client.query<{ server_version: string }>("show server_version")).rows[0]?.server_version ?? "";
  });
  dropTemplate = () =>
    withClient(url, async (client) => void (await client.query(`drop database if exists ${template} with (force)`)));
  await migrated(withDatabase(url, template));
  return { postgresUrl: url, template, words: `Postgres ${version.split(" ")[0]} (${where})` };
};

const prepareEmbedded = async (): Promise<Prepared> => {
  const template = join(runDir, "embedded-template");
  const server: PostgresServer = await runEmbedded(runDir, template);
  await migrated(server.url);
  await server.stop();
  return {
    postgresUrl: "",
    template,
    words: "the embedded Postgres (no real one here: tests that need one are skipped)",
  };
};

const preparePostgres = async (): Promise<Prepared> => {
  if (await ensurePostgres()) {
    prepareCluster(runDir);
    return prepareReal((await runPostgres(runDir)).url, "private");
  }
  return config.databaseUrl ? prepareReal(config.databaseUrl, "DATABASE_URL") : prepareEmbedded();
};

const prepareRedis = async (): Promise<{ url: string; databases: number; words: string }> => {
  await ensureRedis();
  if (findProgram("redis-server", "valkey-server")) {
    const server: RedisServer = await runRedis(runDir, [`databases ${redisDatabases}`]);
    return { url: server.url, databases: redisDatabases, words: "Redis (private)" };
  }
  if (!config.redisUrl) throw new Error("Tests need a Redis: put redis-server on the PATH, or set REDIS_URL.");
  return { url: config.redisUrl, databases: 16, words: "Redis (REDIS_URL; tests that stop it fail)" };
};

/** Starts what the suites share and provides it to them. */
export const setup = async (project: TestProject): Promise<void> => {
  runDir = mkdtempSync(join(tmpdir(), "lc-test-"));
  // Postgres runs as another user below it.
  chmodSync(runDir, 0o755);
  mkdirSync(join(runDir, "redis-databases"));
  // Holds a pipe to this process; its end, however it comes, is the servers' end.
  spawn(process.execPath, [join(root, "scripts/guard.ts"), runDir, "5"], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  }).unref();
  const redis = await prepareRedis();
  const postgres = await preparePostgres();
  const chromePath = await ensureChromium();
  project.provide("runDir", runDir);
  project.provide("redisUrl", redis.url);
  project.provide("redisDatabases", redis.databases);
  project.provide("postgresUrl", postgres.postgresUrl);
  project.provide("template", postgres.template);
  project.provide("chromePath", chromePath ?? "");
  const browser = chromePath ?? "no Chromium (browser tests are skipped)";
  process.stdout.write(`Tests use ${postgres.words}, ${redis.words}, ${browser}.\n`);
};

/** Ends every server of the run and removes its folders. */
export const teardown = async (): Promise<void> => {
  if (!existsSync(runDir)) return;
  await dropTemplate().catch(() => {});
  await endLeftovers(runDir, 5000);
  rmSync(runDir, { recursive: true, force: true });
};
