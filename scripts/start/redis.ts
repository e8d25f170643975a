// The private Redis of the embedded mode: found on the PATH (or installed where that needs no question), run on a free
// loopback port with a password, append-only file under the data folder, never evicting.
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { aptInstall, canInstall, findProgram } from "./packages.ts";
import { StartError } from "./say.ts";

/**
 * The Redis server to run. Installs it when there is none and that can be done without asking; `say` is told before.
 * Throws StartError with what to do otherwise.
 */
export const findRedis = async (say: (line: string) => void): Promise<string> => {
  const names = ["redis-server", "valkey-server"];
  const found = findProgram(...names);
  if (found) return found;
  const advice =
    "install Redis 7 or Valkey (macOS: `brew install redis`, Debian and Ubuntu: `apt-get install redis-server`), or run `docker compose up -d` and set REDIS_URL and DATABASE_URL as docker-compose.yml says";
  if (!canInstall()) throw new StartError(`There is no redis-server or valkey-server on the PATH: ${advice}.`);
  say("There is no Redis on this machine: installing redis-server with apt-get …");
  await aptInstall("redis-server").catch((error: Error) => {
    throw new StartError(`Installing redis-server failed (${error.message.trim().split("\n").at(-1)}): ${advice}.`);
  });
  const installed = findProgram(...names);
  if (!installed) throw new StartError(`redis-server was installed but is not on the PATH: ${advice}.`);
  return installed;
};

export interface RedisPlace {
  readonly url: string;
  readonly configFile: string;
}

/**
 * Writes the configuration of a private Redis under `<dataDir>/redis` (made when missing) with a new password,
 * or none when `open`. `extra` are further lines of configuration.
 */
export const configureRedis = (
  dataDir: string,
  port: number,
  { open = false, extra = [] }: { open?: boolean; extra?: readonly string[] } = {},
): RedisPlace => {
  const folder = join(dataDir, "redis");
  const configFile = join(folder, "redis.conf");
  const password = randomBytes(18).toString("base64url");
  mkdirSync(folder, { recursive: true });
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    "protected-mode yes",
    ...(open ? [] : [`requirepass ${password}`]),
    `dir ${JSON.stringify(folder)}`,
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    "maxmemory-policy noeviction",
    "daemonize no",
    // Its command line and environment stay readable: they name the data folder.
    "set-proc-title no",
    ...extra,
  ];
  writeFileSync(configFile, `${lines.join("\n")}\n`, { mode: 0o600 });
  return { url: `redis://${open ? "" : `:${password}@`}127.0.0.1:${port}`, configFile };
};

const ping = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port, password } = new URL(url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    let answer = "";
    const done = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(1000, () => done(false));
    socket.on("error", () => done(false));
    socket.on("connect", () => socket.write(`${password ? `AUTH ${password}\r\n` : ""}PING\r\n`));
    socket.on("data", (data) => {
      answer += data.toString();
      if (answer.includes("+PONG")) done(true);
      // While it reads its file it answers LOADING: ask again.
      else if (/-(LOADING|ERR|WRONG|NO)/.test(answer)) done(false);
    });
    socket.on("close", () => resolve(false));
  });

/** Resolves once a Redis on this machine answers. Throws StartError after `timeoutMs` milliseconds. */
export const redisAnswers = async (url: string, timeoutMs: number): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await ping(url))) {
    if (performance.now() > deadline) throw new StartError(`Redis did not answer within ${timeoutMs / 1000} s.`);
    await delay(30);
  }
};
