// Waiting for a Postgres on this machine, embedded or real.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { StartError } from "./say.ts";

/** The URL of the embedded Postgres on a port. Its only user needs no password; the port is on loopback. */
export const embeddedUrl = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`;

/** True when a Postgres answers a query within two seconds. */
export const postgresResponds = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 2000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
};

/** Resolves once a Postgres answers. Throws StartError after `timeoutMs` milliseconds. */
export const postgresAnswers = async (url: string, timeoutMs: number): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await postgresResponds(url))) {
    if (performance.now() > deadline) throw new StartError(`Postgres did not answer within ${timeoutMs / 1000} s.`);
    await delay(50);
  }
};
