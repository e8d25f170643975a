// The Redis and the Postgres of a benchmark: private servers as durable as in production, or those whose URLs are given.
// Refuses to measure on a Redis without append-only file or a Postgres without fsync.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { endLeftovers } from "../../scripts/start/run-files.ts";
import { ensurePostgres, ensureRedis } from "../helpers/infrastructure-packages.ts";
import { runPostgres, runRedis } from "../helpers/infrastructure-servers.ts";

export interface Backends {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** How durable they are, in one line. */
  readonly words: string;
  stop(): Promise<void>;
}

const durability = async (databaseUrl: string, redisUrl: string): Promise<string> => {
  const redis = new Redis(redisUrl);
  const [, appendOnly] = (await redis.config("GET", "appendonly")) as string[];
  const [, appendFsync] = (await redis.config("GET", "appendfsync")) as string[];
  const server = /redis_version:(\S+)/.exec(await redis.info("server"))?.[1];
  redis.disconnect();
  if (appendOnly !== "yes") throw new Error("Redis keeps no append-only file; measured is with appendonly yes only");
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const show = async (name: string) =>
    Object.values((await client.query<Record<string, string>>(`SHOW ${name}`)).rows[0] ?? {})[0];
  const [version, fsync, commit] = [
    await show("server_version"),
    await show("fsync"),
    await show("synchronous_commit"),
  ];
  await client.end();
  if (fsync !== "on" || commit !== "on")
    throw new Error(`Postgres has fsync ${fsync}, synchronous_commit ${commit}; both must be on`);
  return `Postgres ${version?.split(" ")[0]} (fsync on, synchronous_commit on), Redis ${server} (appendfsync ${appendFsync})`;
};

/**
 * Starts private servers where no URL is given. They end with `stop`, and with this process however it ends.
 * `settings` are lines for the private Postgres's configuration.
 */
export const openBackends = async (
  given: {
    databaseUrl: string | undefined;
    redisUrl: string | undefined;
  },
  settings: readonly string[] = [],
): Promise<Backends> => {
  const folder = mkdtempSync(join(tmpdir(), "lc-bench-"));
  // Postgres runs as another user below it.
  chmodSync(folder, 0o755);
  const guard = resolve(import.meta.dirname, "../../scripts/guard.ts");
  spawn(process.execPath, [guard, folder, "5"], { detached: true, stdio: ["pipe", "ignore", "ignore"] }).unref();
  if (!given.redisUrl) await ensureRedis();
  if (!given.databaseUrl && !(await ensurePostgres()))
    throw new Error("There is no Postgres server here: give --database-url");
  const redisUrl = given.redisUrl ?? (await runRedis(folder)).url;
  const databaseUrl = given.databaseUrl ?? (await runPostgres(folder, ["fsync = on", ...settings])).url;
  return {
    databaseUrl,
    redisUrl,
    words: await durability(databaseUrl, redisUrl),
    stop: async () => {
      await endLeftovers(folder, 5000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
