// Tells the world how sending goes, at most once a second: a rate counter per source and a nudge for open pages.
// Both live in Redis and may be lost without harm; the counts that matter are the ledger's.
import type { Redis } from "ioredis";
import type { Deps } from "../broker/deps.ts";
import type { MessageOutcome } from "./outcomes.ts";
import { soon } from "./soon.ts";

const rateKey = (sourceId: string, second: number) => `lc:sent:${sourceId}:${second}`;
const WINDOW_SECONDS = 10;

export const createProgress = (deps: Deps) => {
  let counts = new Map<string, { accepted: number; source: string }>();
  const tell = async () => {
    if (counts.size === 0 || deps.redis.status !== "ready") return;
    const batch = counts;
    counts = new Map();
    const second = Math.floor(deps.clock.now().getTime() / 1000);
    const pipeline = deps.redis.pipeline();
    for (const [sourceId, { accepted }] of batch) {
      if (accepted > 0)
        pipeline.incrby(rateKey(sourceId, second), accepted).expire(rateKey(sourceId, second), WINDOW_SECONDS * 3);
      pipeline.publish("lc:live", JSON.stringify({ topic: `campaign:${sourceId}` }));
    }
    await soon(deps.redis, () => pipeline.exec());
  };
  const timer = setInterval(() => {
    tell().catch((error: unknown) => deps.log.debug(`progress was not told: ${(error as Error).message}`));
  }, 1_000);
  timer.unref();
  return {
    add(outcomes: readonly MessageOutcome[]) {
      for (const { sourceId, outcome } of outcomes) {
        const entry = counts.get(sourceId) ?? { accepted: 0, source: sourceId };
        if (outcome.kind === "accepted") entry.accepted++;
        counts.set(sourceId, entry);
      }
    },
    async stop() {
      clearInterval(timer);
      await tell().catch(() => undefined);
    },
  };
};

/** Tells open pages of these sources that their numbers changed; losing that does no harm. */
export const announceSources = async (redis: Redis, sourceIds: readonly string[]): Promise<void> => {
  if (sourceIds.length === 0 || redis.status !== "ready") return;
  const pipeline = redis.pipeline();
  for (const id of sourceIds) pipeline.publish("lc:live", JSON.stringify({ topic: `campaign:${id}` }));
  await soon(redis, () => pipeline.exec()).catch(() => undefined);
};

/** Messages of a source accepted per second, over the last ten seconds (fewer when it began later). */
export const recentRate = async (redis: Redis, sourceId: string, now: Date): Promise<number> => {
  if (redis.status !== "ready") return 0;
  const second = Math.floor(now.getTime() / 1000);
  const keys = Array.from({ length: WINDOW_SECONDS }, (_, i) => rateKey(sourceId, second - 1 - i));
  const values = await soon(redis, () => redis.mget(keys)).catch(() => []);
  const counts = values.map((value) => Number(value ?? 0));
  const span = counts.findLastIndex((count) => count > 0) + 1;
  return span === 0 ? 0 : Math.round((counts.reduce((a, b) => a + b, 0) / span) * 10) / 10;
};
