// Says that something on a screen is out of date. Every gateway process hears it and tells its browsers.
import type { Redis } from "ioredis";

/** Pub/sub channel; each message is JSON `{ "topic": "campaign:<id>" }`. */
export const liveChannel = "lc:live";

/** Announces topics such as `campaign:<id>` or `campaigns`. Rejects when Redis refused. */
export const announceTopics = async (redis: Redis, topics: readonly string[]): Promise<void> => {
  const pipeline = redis.pipeline();
  for (const topic of topics) pipeline.publish(liveChannel, JSON.stringify({ topic }));
  await pipeline.exec();
};
