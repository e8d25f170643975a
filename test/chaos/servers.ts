// Private Redis and Postgres of one scenario, to be stopped and killed. They end with this process, however it ends.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { endLeftovers } from "../../scripts/start/run-files.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { migrate } from "../../shared/db/migrate.ts";
import { ensurePostgres, ensureRedis } from "../helpers/infrastructure-packages.ts";
import { type PostgresServer, type RedisServer, runPostgres, runRedis } from "../helpers/infrastructure-servers.ts";

export interface Servers {
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  /** Where Postgres keeps its data: its own file system when it is small. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts both, with our tables. `smallMb` puts Postgres on a file system of that size, which takes root. */
export const startServers = async (smallMb?: number): Promise<Servers> => {
  const folder = mkdtempSync(join(tmpdir(), "lc-chaos-"));
  // Postgres runs as another user below it.
  chmodSync(folder, 0o755);
  const small = join(folder, "small");
  mkdirSync(small);
  if (smallMb) execFileSync("mount", ["-t", "tmpfs", "-o", `size=${smallMb}m,mode=755`, "tmpfs", small]);
  const guard = resolve(import.meta.dirname, "../../scripts/guard.ts");
  for (const one of [folder, small])
    spawn(process.execPath, [guard, one, "5"], { detached: true, stdio: ["pipe", "ignore", "ignore"] }).unref();
  const stop = async () => {
    await endLeftovers(small, 5_000);
    await endLeftovers(folder, 5_000);
    if (smallMb) execFileSync("umount", ["-l", small]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ensureRedis();
    if (!(await ensurePostgres())) throw new Error("There is no Postgres server here, and chaos needs one to kill");
    const redis = await runRedis(folder);
    const postgres = await runPostgres(small, smallMb ? ["min_wal_size = 32MB", "max_wal_size = 64MB"] : []);
    const db = connectPostgres(postgres.url, 1);
    await migrate(db);
    await db.destroy();
    return { redis, postgres, folder: small, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
