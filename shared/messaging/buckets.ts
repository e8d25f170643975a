// Token buckets in Redis, by Redis's clock, shared by all replicas: the sum of all senders keeps a rate.
// A bucket holds at most half a second's tokens, so whatever happens the total stays below rate × time + one second of rate.
import type { Redis } from "ioredis";
import { soon } from "./soon.ts";

export interface BucketRequest {
  /** Names the bucket: `campaign:<id>`, `account:<id>`, `domain:<name>`. */
  readonly name: string;
  readonly perSecond: number;
}

export interface Tokens {
  readonly granted: number;
  /** Milliseconds after which asking again makes sense, when fewer were granted than asked for. */
  readonly waitMs: number;
}

// KEYS: hold keys first (ARGV[1] of them), then buckets. ARGV: number of holds, wanted, then rate per bucket.
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local holds, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 1, holds do
  local left = redis.call('PTTL', KEYS[i])
  if left > 0 then return { 0, left } end
end
local granted, wait, state = wanted, 0, {}
for i = holds + 1, #KEYS do
  local rate = tonumber(ARGV[2 + i - holds])
  local burst = math.max(1, rate / 2)
  local saved = redis.call('HMGET', KEYS[i], 'tokens', 'at')
  local tokens, at = tonumber(saved[1]), tonumber(saved[2])
  if not tokens then tokens, at = 1, now end
  tokens = math.min(burst, tokens + math.max(0, now - at) * rate / 1000)
  state[i] = { tokens, rate, burst }
  local whole = math.floor(tokens)
  if whole < granted then granted = whole end
  if whole < wanted then wait = math.max(wait, math.ceil((math.min(wanted, math.max(1, burst / 2)) - tokens) * 1000 / rate)) end
end
for i = holds + 1, #KEYS do
  local s = state[i]
  redis.call('HSET', KEYS[i], 'tokens', s[1] - granted, 'at', now)
  redis.call('PEXPIRE', KEYS[i], 60000 + math.ceil(1000 / s[2]))
end
return { granted, math.max(0, wait) }
`;

const GIVE_BACK = `
for i = 1, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('HINCRBYFLOAT', KEYS[i], 'tokens', ARGV[1]) end
end
return 1
`;

const bucketKey = (name: string) => `lc:tokens:${name}`;
const holdKey = (name: string) => `lc:hold:${name}`;

/**
 * Takes up to `wanted` tokens from all buckets at once (the scarcest decides), nothing while one of the holds lasts.
 * Without buckets and holds everything is granted. Rejects within a second when Redis is away.
 */
export const takeTokens = async (
  redis: Redis,
  buckets: readonly BucketRequest[],
  holds: readonly string[],
  wanted: number,
): Promise<Tokens> => {
  if (wanted <= 0) return { granted: 0, waitMs: 0 };
  const keys = [...holds.map(holdKey), ...buckets.map((b) => bucketKey(b.name))];
  if (keys.length === 0) return { granted: wanted, waitMs: 0 };
  const [granted, waitMs] = (await soon(redis, () =>
    redis.eval(TAKE, keys.length, ...keys, holds.length, wanted, ...buckets.map((b) => b.perSecond)),
  )) as [number, number];
  return { granted, waitMs };
};

/** Gives tokens back that were not used. Rejects within a second when Redis is away. */
export const returnTokens = async (redis: Redis, buckets: readonly BucketRequest[], count: number): Promise<void> => {
  if (count <= 0 || buckets.length === 0) return;
  await soon(redis, () => redis.eval(GIVE_BACK, buckets.length, ...buckets.map((b) => bucketKey(b.name)), count));
};

/** Holds a bucket for all replicas: the provider asked us to slow down. A longer hold in force stays. Rejects when Redis is away. */
export const holdBucket = async (redis: Redis, name: string, ms: number): Promise<void> => {
  const left = await soon(redis, () => redis.pttl(holdKey(name)));
  if (left < ms) await soon(redis, () => redis.set(holdKey(name), "1", "PX", Math.max(1, Math.round(ms))));
};
