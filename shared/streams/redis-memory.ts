// How full Redis is, against its own limit. One that is full refuses to store anything: sessions, limits, entries.
import type { Redis } from "ioredis";

export interface RedisMemory {
  readonly usedBytes: number;
  /** 0: no limit is set. */
  readonly maxBytes: number;
  /** Share of the limit in use, 0 to 1 and a little above; 0 without a limit. */
  readonly share: number;
}

/** Reads the answer of INFO memory. */
export const memoryOf = (info: string): RedisMemory => {
  const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const [usedBytes, maxBytes] = [read("used_memory"), read("maxmemory")];
  return { usedBytes, maxBytes, share: maxBytes === 0 ? 0 : usedBytes / maxBytes };
};

/** What Redis says of its memory now. Rejects as the connection does. */
export const redisMemory = async (redis: Redis): Promise<RedisMemory> => memoryOf(await redis.info("memory"));

/** True when Redis refused a command because its memory is full. */
export const isOutOfMemory = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { previousErrors = [] } = error as { previousErrors?: readonly unknown[] };
  // A transaction is refused as a whole, for what its commands were refused for.
  return error.message.startsWith("OOM ") || previousErrors.some(isOutOfMemory);
};
