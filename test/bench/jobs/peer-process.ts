// BullMQ as a contender's process: a queue that keeps what is finished and tries three times, or its worker.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import { type Ledger, type ProcessTask, type Servant, serve } from "./protocol.ts";

const queueName = "peer-jobs";

const start = async ({ redisUrl, role, concurrency, jobMs = 0 }: ProcessTask, ledger: Ledger): Promise<Servant> => {
  const redis = new URL(redisUrl);
  const connection = {
    host: redis.hostname,
    port: Number(redis.port),
    db: Number(redis.pathname.slice(1)) || 0,
    maxRetriesPerRequest: null,
  };
  if (role === "work") {
    const worker = new Worker(
      queueName,
      async ({ id }) => {
        ledger.began(id ?? "");
        if (jobMs > 0) await delay(jobMs);
      },
      { connection, concurrency: concurrency ?? 100 },
    );
    worker.on("completed", ({ id }) => ledger.recorded([id ?? ""]));
    await worker.waitUntilReady();
    return { stop: () => worker.close() };
  }
  const queue = new Queue(queueName, {
    connection,
    defaultJobOptions: {
      attempts: 3,
      backoff: { type: "exponential", delay: 1000 },
      removeOnComplete: false,
      removeOnFail: false,
    },
  });
  await queue.waitUntilReady();
  const job = () => ({ name: "job", data: { campaignId: randomUUID() } });
  return {
    async enqueue(count) {
      if (count === 1) return [(await queue.add("job", job().data)).id ?? ""];
      return (await queue.addBulk(Array.from({ length: count }, job))).map(({ id }) => id ?? "");
    },
    stop: () => queue.close(),
  };
};

await serve(start);
