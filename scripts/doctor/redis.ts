// Redis: reachable, new enough, never evicting (it carries work), written to disk, and its clock.
import { connectRedis } from "../../shared/streams/connections.ts";
import { about, type Finding, within, wordsOf } from "./finding.ts";

const { ok, warning, problem } = about("Redis");
const OLDEST = 7;
const WAIT_MS = 5_000;

const field = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim();

export interface RedisHealth {
  readonly findings: readonly Finding[];
  /** Milliseconds by which its clock is ahead of ours; undefined when it did not answer. */
  readonly aheadMs: number | undefined;
}

const versionOf = (info: string): Finding => {
  const valkey = field(info, "valkey_version");
  const version = field(info, "redis_version") ?? "unknown";
  const said = valkey ? `Valkey ${valkey}` : `Redis ${version}`;
  return Number(version.split(".")[0]) >= OLDEST
    ? ok("Version", said)
    : problem("Version", said, "Bring it up to Redis 7 or Valkey: older ones lack commands that streams need.");
};

const policyOf = (info: string): Finding => {
  const policy = field(info, "maxmemory_policy") ?? "unknown";
  return policy === "noeviction"
    ? ok("maxmemory-policy", policy)
    : problem(
        "maxmemory-policy",
        policy,
        "Set it to noeviction (redis.conf or CONFIG SET maxmemory-policy noeviction): with any other, a full Redis drops sessions, limits and work on its way.",
      );
};

const persistenceOf = (info: string): Finding =>
  field(info, "aof_enabled") === "1"
    ? ok("Append-only file", "on")
    : warning(
        "Append-only file",
        "off",
        "Switch appendonly on: after a restart of Redis everybody has to sign in again, and work waits until it is published anew.",
      );

/** Findings about the Redis at this address. */
export const checkRedis = async (url: string): Promise<RedisHealth> => {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  let why: unknown;
  const client = connectRedis(url, "doctor", {
    log: silent,
    redis: { retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: WAIT_MS, enableReadyCheck: false },
  });
  client.on("error", (error: unknown) => {
    why ??= error;
  });
  try {
    const info = await within(client.info(), WAIT_MS);
    const asked = Date.now();
    const [seconds, micros] = await within(client.time(), WAIT_MS);
    const middle = (asked + Date.now()) / 2;
    const aheadMs = Number(seconds) * 1000 + Number(micros) / 1000 - middle;
    return { aheadMs, findings: [ok("Reachable", "it answers"), versionOf(info), policyOf(info), persistenceOf(info)] };
  } catch (error) {
    const advice = "Start it, or correct REDIS_URL: without Redis nobody can sign in and nothing is sent.";
    return { aheadMs: undefined, findings: [problem("Reachable", `no: ${wordsOf(why ?? error)}`, advice)] };
  } finally {
    client.disconnect();
  }
};
