// Postgres and Redis of the rehearsal, under the names and ports that a deployment finds them at, to be stopped and
// started again with their data.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { type PostgresServer, type RedisServer, runPostgres, runRedis } from "../helpers/infrastructure-servers.ts";
import type { Network } from "./network.ts";

export interface Stores {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  /** What the references of the project lead to, by the name of the database and of its output. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Starts both in the outside place. Postgres asks for a password there. */
export const startStores = async (runDir: string, network: Network): Promise<Stores> => {
  const password = randomBytes(12).toString("hex");
  const hba = join(runDir, "pg_hba.conf");
  writeFileSync(
    hba,
    "host all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\nhost all all 0.0.0.0/0 scram-sha-256\nhost all all ::/0 scram-sha-256\n",
    { mode: 0o644 },
  );
  const [postgres, redis] = await Promise.all([
    runPostgres(runDir, ["listen_addresses = '*'", "max_connections = 100", `hba_file = '${hba}'`]),
    runRedis(runDir, ["bind * -::*", "protected-mode no"]),
  ]);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`alter role postgres password '${password}'`);
  await client.query("create database railway");
  await client.end();
  network.publish("postgres", [network.outside]);
  network.publish("redis", [network.outside]);
  return {
    postgres,
    redis,
    outputs: {
      "Postgres.DATABASE_URL": `postgresql://postgres:${password}@postgres.railway.internal:${postgres.port}/railway`,
      "Redis.REDIS_URL": `redis://redis.railway.internal:${redis.port}`,
    },
  };
};
