// The last minute of all processes together, from what each wrote into Redis second by second.
import type { Redis } from "ioredis";
import { addHistogram } from "../lib/histogram.ts";
import { soon } from "../messaging/soon.ts";
import { emptyTotals, jobOutcomes, statsKey, type TypeTotals } from "./stats.ts";

/** Seconds that the live view covers. */
export const liveSeconds = 60;

const add = (into: TypeTotals, more: TypeTotals): void => {
  for (const end of jobOutcomes) into.ends[end] += more.ends[end];
  addHistogram(into.wait, more.wait);
  addHistogram(into.run, more.run);
  into.waitMs += more.waitMs;
  into.runMs += more.runMs;
};

/** Adds figures up into one. */
export const sumOf = (parts: readonly TypeTotals[]): TypeTotals => {
  const sum = emptyTotals();
  for (const part of parts) add(sum, part);
  return sum;
};

const entries = (text: string): readonly (readonly [string, TypeTotals])[] => {
  try {
    return JSON.parse(text) as [string, TypeTotals][];
  } catch {
    // Written by a version that this one does not know.
    return [];
  }
};

/**
 * What ended in the 60 s before `nowMs` (wall clock), by job type; types without any are absent. Processes write a
 * second's figures when it is over, so the newest may be a second old. Rejects when Redis is away.
 */
export const liveStats = async (redis: Redis, nowMs: number): Promise<ReadonlyMap<string, TypeTotals>> => {
  const newest = Math.floor(nowMs / 1_000);
  const pipeline = redis.pipeline();
  for (let second = newest - liveSeconds + 1; second <= newest; second++) pipeline.hvals(statsKey(second));
  const answers = (await soon(redis, () => pipeline.exec())) ?? [];
  const byType = new Map<string, TypeTotals>();
  for (const [error, values] of answers) {
    if (error) throw error;
    for (const text of values as string[])
      for (const [type, totals] of entries(text)) {
        const sum = byType.get(type) ?? emptyTotals();
        byType.set(type, sum);
        add(sum, totals);
      }
  }
  return byType;
};
