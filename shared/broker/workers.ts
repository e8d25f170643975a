// What processes say of themselves, in Redis: the key `lc:workers:<node>` lives as long as its process does (10 s at a
// time), the hash `lc:workers` keeps the last word of each, so that one that vanished stays visible for some minutes.
// Losing both costs two seconds: everybody announces itself again.
import type { Redis } from "ioredis";
import type { Vitals } from "./vitals.ts";

export interface Announcement extends Vitals {
  readonly node: string;
  readonly host: string;
  readonly pid: number;
  readonly replica: string;
  readonly version: string;
  readonly commit: string | null;
  readonly groups: readonly string[];
  readonly services: readonly string[];
  readonly state: "working" | "draining" | "stopping";
  readonly startedAt: string;
  /** When this was said. */
  readonly at: string;
  /** Bytes. */
  readonly rss: number;
  readonly heapUsed: number;
  /** Share of one core, 0 to the number of cores. */
  readonly cpu: number;
  /** How late the event loop is, in ms; undelayed it is 0. */
  readonly loop: { readonly p50: number; readonly p99: number };
  /** Connections to Postgres: in use, open, at most, and callers that wait for one. */
  readonly pool: { readonly used: number; readonly open: number; readonly max: number; readonly waiting: number };
}

export interface KnownWorker {
  readonly announcement: Announcement;
  /** False: nothing was heard of it for 10 s, and it did not say goodbye. */
  readonly alive: boolean;
}

const lastWords = "lc:workers";
const aliveKey = (node: string) => `lc:workers:${node}`;
const drainKey = (node: string) => `lc:drain:${node}`;
const aliveMs = 10_000;
const goneMs = 10 * 60_000;
/** An order is kept while its process lives and renews it; after that it goes by itself. */
const orderMs = 60 * 60_000;

/** Says that the process lives, and how it is. */
export const announce = async (redis: Redis, said: Announcement): Promise<void> => {
  const text = JSON.stringify(said);
  await redis.pipeline().set(aliveKey(said.node), text, "PX", aliveMs).hset(lastWords, said.node, text).exec();
};

/** Says goodbye: the process is not shown any more. */
export const sayGoodbye = async (redis: Redis, node: string): Promise<void> => {
  await redis.pipeline().del(aliveKey(node), drainKey(node)).hdel(lastWords, node).exec();
};

/** Orders a process to drain or to work. It obeys within about a second. */
export const orderDrain = async (redis: Redis, node: string, draining: boolean): Promise<void> => {
  await redis.set(drainKey(node), draining ? "drain" : "work", "PX", orderMs);
};

/** Takes back what an earlier process of the same name was ordered. */
export const dropOrder = async (redis: Redis, node: string): Promise<void> => {
  await redis.del(drainKey(node));
};

/** What the process was ordered; undefined when nobody did, or Redis has forgotten. */
export const readOrder = async (redis: Redis, node: string): Promise<boolean | undefined> => {
  const order = await redis.get(drainKey(node));
  return order === null ? undefined : order === "drain";
};

const parse = (text: string | null | undefined): Announcement | undefined => {
  try {
    return text ? (JSON.parse(text) as Announcement) : undefined;
  } catch {
    return undefined;
  }
};

/** Every process that lives, or vanished within the last ten minutes; by group and node. Forgets those gone longer. */
export const listWorkers = async (redis: Redis, now: Date): Promise<readonly KnownWorker[]> => {
  const words = await redis.hgetall(lastWords);
  const nodes = Object.keys(words);
  if (nodes.length === 0) return [];
  const alive = await redis.mget(nodes.map(aliveKey));
  const forgotten: string[] = [];
  const known = nodes.flatMap((node, index): KnownWorker[] => {
    const living = parse(alive[index]);
    const announcement = living ?? parse(words[node]);
    if (!announcement || (!living && now.getTime() - Date.parse(announcement.at) > goneMs)) {
      forgotten.push(node);
      return [];
    }
    return [{ announcement, alive: living !== undefined }];
  });
  if (forgotten.length > 0) await redis.hdel(lastWords, ...forgotten);
  const rank = ({ announcement, alive }: KnownWorker) =>
    `${alive ? 0 : 1} ${announcement.groups.join(",")} ${announcement.node}`;
  return known.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
};
