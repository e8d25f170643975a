// How much lies in the event streams: entries, and what each group was given without confirming it, or not given yet.
import type { Redis } from "ioredis";
import { streamKeys } from "./stream-keys.ts";

export interface StreamDepth {
  /** Family of its events. */
  readonly stream: string;
  readonly entries: number;
  readonly groups: readonly { readonly group: string; readonly pending: number; readonly unread: number }[];
}

const keysOf = async (redis: Redis, pattern: string): Promise<string[]> => {
  const keys = new Set<string>();
  let cursor = "0";
  do {
    const [next, batch] = await redis.scan(cursor, "MATCH", pattern, "COUNT", 1_000);
    for (const key of batch) keys.add(key);
    cursor = next;
  } while (cursor !== "0");
  return [...keys].sort();
};

/** Every event stream with its groups. Waits for Redis as its client does. */
export const streamDepths = async (redis: Redis): Promise<StreamDepth[]> =>
  Promise.all(
    (await keysOf(redis, streamKeys.allEvents)).map(async (key) => {
      const [entries, groups] = await Promise.all([
        redis.xlen(key),
        // The stream may be gone since it was listed.
        redis.xinfo("GROUPS", key).catch(() => []) as Promise<(string | number | null)[][]>,
      ]);
      return {
        stream: key.slice(streamKeys.allEvents.length - 1),
        entries,
        groups: groups.map((info) => {
          const field = (name: string) => info[info.indexOf(name) + 1];
          return { group: String(field("name")), pending: Number(field("pending")), unread: Number(field("lag") ?? 0) };
        }),
      };
    }),
  );
