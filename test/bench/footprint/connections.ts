// Who is connected, in the words of the servers: CLIENT LIST of Redis and pg_stat_activity of Postgres, by process.
import { Redis } from "ioredis";
import pg from "pg";
import type { Backends } from "../backends.ts";
import { portsPerProcess } from "./process-facts.ts";

export interface Connections {
  readonly redis: number;
  readonly postgres: number;
}

const portsAtRedis = async (url: string): Promise<number[]> => {
  const redis = new Redis(url);
  const list = (await redis.client("LIST")) as string;
  redis.disconnect();
  return [...list.matchAll(/\baddr=\S*:(\d+) /g)].map((match) => Number(match[1]));
};

const portsAtPostgres = async (connectionString: string): Promise<number[]> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ port: number }>(
    "SELECT client_port AS port FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
  );
  await client.end();
  return rows.map((row) => row.port);
};

/** Counts the connections that each of these processes of this machine has open. */
export const connectionsOf = async (
  { databaseUrl, redisUrl }: Pick<Backends, "databaseUrl" | "redisUrl">,
  pids: readonly number[],
): Promise<Map<number, Connections>> => {
  const [atRedis, atPostgres] = await Promise.all([portsAtRedis(redisUrl), portsAtPostgres(databaseUrl)]);
  const [redis, postgres] = [portsPerProcess(atRedis, pids), portsPerProcess(atPostgres, pids)];
  return new Map(pids.map((pid) => [pid, { redis: redis.get(pid) ?? 0, postgres: postgres.get(pid) ?? 0 }]));
};
