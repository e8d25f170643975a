// Redis: whether it answers, and what the check at start would say of it.
import { redisEncryption } from "../../shared/boot/encryption.ts";
import { lookAtRedis, type RedisLook } from "../../shared/boot/redis.ts";
import { about, within } from "../../shared/finding.ts";
import { connectionTrouble } from "../../shared/lib/connection-trouble.ts";
import { connectRedis } from "../../shared/streams/connections.ts";

const { ok, problem } = about("Redis");
const WAIT_MS = 5_000;

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Findings about the Redis at this address. */
export const checkRedis = async (url: string): Promise<RedisLook> => {
  let why: unknown;
  const client = connectRedis(url, "doctor", {
    log: quiet,
    redis: { retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: WAIT_MS, enableReadyCheck: false },
  });
  client.on("error", (error: unknown) => {
    why ??= error;
  });
  try {
    await within(client.ping(), WAIT_MS);
    const { findings, aheadMs } = await within(lookAtRedis(client), WAIT_MS);
    return { aheadMs, findings: [ok("Reachable", "it answers"), ...redisEncryption(url), ...findings] };
  } catch (error) {
    const advice = "Start it, or correct REDIS_URL: without Redis nobody can sign in and nothing is sent.";
    const found = `no: ${connectionTrouble(why ?? error, "Redis")}`;
    return { aheadMs: undefined, findings: [problem("Reachable", found, advice)] };
  } finally {
    client.disconnect();
  }
};
