// What rules read in Redis, each question with a deadline: a Redis that is away must not hold up the watch over it.
import type { Redis } from "ioredis";
import { soon } from "../../../../shared/messaging/soon.ts";

export interface RedisFacts {
  /** Percent of maxmemory; undefined when it has no limit. */
  readonly memoryPercent: number | undefined;
  /** Settings with which work can be lost, each as a sentence. */
  readonly wrongSettings: readonly string[];
}

const field = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim();

export interface GoneWorkers {
  /** The services that such processes ran. */
  readonly groups: string;
  readonly nodes: readonly string[];
}

const goneMs = 10 * 60_000;

/** Processes that fell silent without a goodbye in the last ten minutes, by what they ran. */
export const goneWorkers = async (redis: Redis, now: Date): Promise<GoneWorkers[]> => {
  const words = await soon(redis, () => redis.hgetall("lc:workers"));
  const nodes = Object.keys(words);
  if (nodes.length === 0) return [];
  const alive = await soon(redis, () => redis.mget(nodes.map((node) => `lc:workers:${node}`)));
  const byGroups = new Map<string, string[]>();
  nodes.forEach((node, index) => {
    if (alive[index] !== null) return;
    const { at, groups = [] } = JSON.parse(words[node] ?? "{}") as { at?: string; groups?: readonly string[] };
    if (now.getTime() - Date.parse(at ?? "") > goneMs) return;
    const key = groups.join(", ");
    byGroups.set(key, [...(byGroups.get(key) ?? []), node]);
  });
  return [...byGroups].map(([groups, gone]) => ({ groups, nodes: gone }));
};

/** How Redis is set up and how full it is; undefined when it does not answer. Asks INFO only, which is rarely denied. */
export const readRedis = async (redis: Redis): Promise<RedisFacts | undefined> => {
  let info: string;
  try {
    info = (await soon(redis, () => Promise.all([redis.info("memory"), redis.info("persistence")]))).join("\n");
  } catch {
    return undefined;
  }
  const limit = Number(field(info, "maxmemory") ?? 0);
  const policy = field(info, "maxmemory_policy");
  const wrong: string[] = [];
  if (policy !== undefined && policy !== "noeviction")
    wrong.push(`maxmemory-policy is ${policy}: Redis may throw work away when it is full. Set it to noeviction.`);
  if (field(info, "aof_enabled") === "0")
    wrong.push("appendonly is off: what Redis holds is published again from Postgres after a crash. Switch it on.");
  return {
    memoryPercent: limit > 0 ? (100 * Number(field(info, "used_memory") ?? 0)) / limit : undefined,
    wrongSettings: wrong,
  };
};
