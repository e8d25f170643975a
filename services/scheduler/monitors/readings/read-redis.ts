// What rules read in Redis, each question with a deadline: a Redis that is away must not hold up the watch over it.
import type { Redis } from "ioredis";
import { listWorkers } from "../../../../shared/broker/workers.ts";
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

/** Processes that fell silent without a goodbye in the last ten minutes, by what they ran. */
export const goneWorkers = async (redis: Redis, now: Date): Promise<GoneWorkers[]> => {
  const gone = (await soon(redis, () => listWorkers(redis, now))).flatMap(({ announcement, alive }) =>
    alive ? [] : announcement,
  );
  return [...Map.groupBy(gone, ({ groups }) => groups.join(", "))].map(([groups, words]) => ({
    groups,
    nodes: words.map(({ node }) => node),
  }));
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
