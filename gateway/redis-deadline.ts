// Redis commands wait for ever while Redis is away; a request must not. Here they get a deadline and become a 503.
import type { Redis } from "ioredis";
import { CatalogueError, fail } from "../shared/contracts/errors.ts";
import { isOutOfMemory } from "../shared/streams/redis-memory.ts";

const deadlineMs = 2_000;

/** The answer for a request that needs Redis while it is away. */
export const redisAway = (): CatalogueError =>
  fail("SERVICE_UNAVAILABLE", "Redis is away for the moment, so sessions and limits cannot be checked. Try again.", {
    retryAfter: 2,
  });

const redisFull = (): CatalogueError =>
  fail("OVERLOADED", "Redis has no memory left, so nothing new can be kept there. Nothing was changed; try again.", {
    retryAfter: 15,
  });

/**
 * Runs a short Redis command and answers its result within two seconds.
 * Throws SERVICE_UNAVAILABLE when Redis is away or slower, OVERLOADED when its memory is full; a refusal of the catalogue passes as it is.
 */
export const withRedis = async <T>(redis: Redis, command: () => Promise<T>): Promise<T> => {
  if (redis.status !== "ready") throw redisAway();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      command(),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(redisAway()), deadlineMs);
      }),
    ]);
  } catch (error) {
    if (isOutOfMemory(error)) throw redisFull();
    // Whatever else Redis says (LOADING, READONLY, connection closed) means the same to the caller: not now.
    throw error instanceof CatalogueError ? error : redisAway();
  } finally {
    clearTimeout(timer);
  }
};
