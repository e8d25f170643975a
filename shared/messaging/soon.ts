// Redis commands that must not wait for an outage to end: the connection itself waits for ever, which suits a job stream
// but would hold up a sender, or somebody's request, for something that can do without.
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";

const PATIENCE_MS = 1_000;

/** The command's answer. Rejects at once without a connection, and after a second without an answer. */
export const soon = async <T>(redis: Redis, command: () => Promise<T>): Promise<T> => {
  if (redis.status !== "ready") throw new Error("Redis is away");
  const timer = new AbortController();
  try {
    return await Promise.race([
      command(),
      delay(PATIENCE_MS, undefined, { signal: timer.signal }).then(() =>
        Promise.reject(new Error(`Redis did not answer within ${PATIENCE_MS} ms`)),
      ),
    ]);
  } finally {
    timer.abort();
  }
};
