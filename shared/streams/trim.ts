// Trims event streams by age, and only below what every group has finished: unread and unacknowledged events stay,
// however old. A group that lags holds its streams back, and the result says which, so that it can be alarmed on.
// A stream that no group reads is trimmed by age alone.
import type { Redis } from "ioredis";
import { streamKeys } from "./stream-keys.ts";

export interface TrimmedStream {
  readonly stream: string;
  readonly removed: number;
  readonly remaining: number;
  /** The slowest group, when it keeps events that are older than the limit. */
  readonly heldBackBy?: string;
}

interface Position {
  readonly group: string;
  readonly id: string;
}

const parts = (id: string): [bigint, bigint] => {
  const [time = "0", sequence = "0"] = id.split("-");
  return [BigInt(time), BigInt(sequence)];
};

/** Order of two stream entry ids: negative when `a` is older. */
export const compareEntryIds = (a: string, b: string): number => {
  const [timeA, sequenceA] = parts(a);
  const [timeB, sequenceB] = parts(b);
  const difference = timeA === timeB ? sequenceA - sequenceB : timeA - timeB;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

/** The smallest id after this one. */
const after = (id: string): string => {
  const [time, sequence] = parts(id);
  return `${time}-${sequence + 1n}`;
};

/** The oldest id each group still needs: its first pending entry, else whatever follows the last it was given. */
const positions = async (redis: Redis, stream: string): Promise<Position[]> => {
  const groups = (await redis.xinfo("GROUPS", stream)) as (string | number | null)[][];
  return Promise.all(
    groups.map(async (info) => {
      const field = (name: string) => String(info[info.indexOf(name) + 1]);
      const group = field("name");
      const [, firstPending] = (await redis.xpending(stream, group)) as [number, string | null];
      return { group, id: firstPending ?? after(field("last-delivered-id")) };
    }),
  );
};

const trimStream = async (redis: Redis, stream: string, cutoff: string): Promise<TrimmedStream> => {
  const sorted = (await positions(redis, stream)).sort((a, b) => compareEntryIds(a.id, b.id));
  const slowest = sorted[0];
  const held = slowest !== undefined && compareEntryIds(slowest.id, cutoff) < 0;
  const below = held ? slowest.id : cutoff;
  let removed = 0;
  // Approximate trimming drops whole blocks in bounded steps; the exact one afterwards has less than a block to do.
  for (;;) {
    const step = await redis.xtrim(stream, "MINID", "~", below, "LIMIT", 10_000);
    removed += step;
    if (step === 0) break;
  }
  removed += await redis.xtrim(stream, "MINID", below);
  const [oldest] = held ? await redis.xrange(stream, "-", "+", "COUNT", 1) : [];
  const keeps = oldest !== undefined && compareEntryIds(oldest[0], cutoff) < 0;
  return {
    stream,
    removed,
    remaining: await redis.xlen(stream),
    ...(held && keeps && slowest ? { heldBackBy: slowest.group } : {}),
  };
};

/**
 * Trims every event stream; `olderThanMs` is the age in ms above which a finished event goes, `now` the time in ms.
 * Safe to run from several processes at once: positions only move forward.
 */
export const trimEvents = async (
  redis: Redis,
  { olderThanMs, now = Date.now() }: { readonly olderThanMs: number; readonly now?: number },
): Promise<TrimmedStream[]> => {
  const cutoff = `${Math.max(0, Math.floor(now - olderThanMs))}-0`;
  const streams = new Set<string>();
  let cursor = "0";
  do {
    const [next, batch] = await redis.scan(cursor, "MATCH", streamKeys.allEvents, "COUNT", 1_000, "TYPE", "stream");
    for (const key of batch) streams.add(key);
    cursor = next;
  } while (cursor !== "0");
  const trimmed: TrimmedStream[] = [];
  for (const stream of [...streams].sort()) trimmed.push(await trimStream(redis, stream, cutoff));
  return trimmed;
};
