// The limit on API requests: counted in Redis over all replicas, per user, access token or client address.
import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { fail } from "../shared/contracts/errors.ts";
import { isOutOfMemory } from "../shared/streams/redis-memory.ts";
import type { Exchange } from "./exchange.ts";
import { withRedis } from "./redis-deadline.ts";

const windowSeconds = 60;

export interface RateLimit {
  /**
   * Counts one request for `key`, such as `user:<id>`, and sets the RateLimit headers.
   * Throws RATE_LIMITED (429, with retryAfter) above the limit and SERVICE_UNAVAILABLE when Redis is away. A Redis whose
   * memory is full counts nothing.
   */
  count(exchange: Exchange, key: string): Promise<void>;
}

/** `points`: requests a minute. */
export const createRateLimit = (redis: Redis, points: number): RateLimit => {
  const limiter = new RateLimiterRedis({ storeClient: redis, keyPrefix: "lc:rate", points, duration: windowSeconds });
  const show = (exchange: Exchange, remaining: number, msBeforeNext: number) => {
    exchange.res.setHeader("ratelimit-limit", String(points));
    exchange.res.setHeader("ratelimit-remaining", String(remaining));
    exchange.res.setHeader("ratelimit-reset", String(Math.ceil(msBeforeNext / 1000)));
  };
  const consume = (key: string): Promise<RateLimiterRes | undefined> =>
    limiter.consume(key).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused;
      // A Redis that is full cannot count, and whoever comes to make room must get in.
      if (isOutOfMemory(refused)) return undefined;
      throw refused;
    });
  return {
    async count(exchange, key) {
      const state = await withRedis(redis, () => consume(key));
      if (!state) return;
      show(exchange, state.remainingPoints, state.msBeforeNext);
      if (state.consumedPoints > points) {
        const retryAfter = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
        throw fail("RATE_LIMITED", `More than ${points} requests within a minute. Carry on in ${retryAfter} s.`, {
          retryAfter,
        });
      }
    },
  };
};
