// The job layer as a contender's process: a relay, and the worker of one group with production's settings, or only a
// relay beside the code that enqueues, as in the gateway. Logging is off, as it is in the peer.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import type { Deps } from "../../../shared/broker/deps.ts";
import { connectPostgres } from "../../../shared/db/knex.ts";
import { defineJob } from "../../../shared/jobs/define.ts";
import { enqueue, enqueueMany } from "../../../shared/jobs/enqueue.ts";
import { createRelay } from "../../../shared/jobs/relay.ts";
import { createWorker } from "../../../shared/jobs/worker.ts";
import { systemClock } from "../../../shared/lib/clock.ts";
import { makeId } from "../../../shared/lib/ids.ts";
import { connectRedis } from "../../../shared/streams/connections.ts";
import { createGroupReader, readerConnection } from "../../../shared/streams/group-reader.ts";
import { type Ledger, type ProcessTask, type Servant, serve } from "./protocol.ts";

const leaseMs = 30_000;

const start = async (task: ProcessTask, ledger: Ledger): Promise<Servant> => {
  const { databaseUrl, redisUrl, role, concurrency, jobMs = 0 } = task;
  const jobsDb = connectPostgres(databaseUrl, 4);
  const db = connectPostgres(databaseUrl, 10);
  const redis = connectRedis(redisUrl, "commands");
  const broker = new ServiceBroker({ logger: false, skipProcessEventRegistration: true });
  const node = `bench-${makeId()}`;
  const deps: Deps = { db, redis, clock: systemClock, id: makeId, log: broker.logger, broker, node };
  const relay = createRelay({ db: jobsDb, redis, log: deps.log, leaseMs });
  const group = "campaigns";
  const reader = createGroupReader({
    group,
    consumer: node,
    redis,
    connect: () => connectRedis(redisUrl, "reader", { redis: readerConnection }),
    log: deps.log,
  });
  const worker = createWorker({
    group,
    definitions: [
      defineJob({
        name: "campaign.finalize",
        handler: async (_input, { id }) => {
          ledger.began(id);
          if (jobMs > 0) await delay(jobMs);
        },
      }),
    ],
    deps,
    db: jobsDb,
    source: reader,
    leaseMs,
    ...(concurrency ? { slots: concurrency } : {}),
    written: ledger.recorded,
  });
  relay.start();
  if (role === "work") worker.start();
  const input = () => ({ campaignId: randomUUID() });
  return {
    enqueue: (count) =>
      db.transaction(async (trx) =>
        count === 1
          ? [(await enqueue(trx, "campaign.finalize", input())) ?? ""]
          : enqueueMany(trx, "campaign.finalize", Array.from({ length: count }, input)),
      ),
    async stop() {
      await worker.stop(1_000);
      await reader.stop(1_000);
      await relay.stop();
      await jobsDb.destroy();
      await db.destroy();
      redis.disconnect();
    },
  };
};

await serve(start);
