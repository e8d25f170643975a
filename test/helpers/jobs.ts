// The job layer in one process of the test: relay, reader and worker on real Redis and Postgres, with short times.
import type { Redis } from "ioredis";
import { ServiceBroker } from "moleculer";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres, type Db, type Trx } from "../../shared/db/knex.ts";
import type { JobDefinition } from "../../shared/jobs/define.ts";
import { createRelay, type Relay } from "../../shared/jobs/relay.ts";
import { createJobStats } from "../../shared/jobs/stats.ts";
import { createWorker, type Worker } from "../../shared/jobs/worker.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { createGroupReader, type GroupReader, readerConnection } from "../../shared/streams/group-reader.ts";

export interface JobLayerOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly group: string;
  readonly definitions: readonly JobDefinition[];
  readonly leaseMs?: number;
  readonly slots?: number;
  readonly missingMs?: number;
  readonly node?: string;
  readonly written?: (ids: readonly string[]) => void;
  /** False: jobs are neither published nor swept by this process. */
  readonly relays?: boolean;
  /** Writes figures for the live view under this name; none when absent. */
  readonly statsAs?: string;
}

export interface JobLayer {
  readonly db: Db;
  readonly redis: Redis;
  readonly deps: Deps;
  readonly relay: Relay;
  readonly worker: Worker;
  readonly reader: GroupReader;
  /** The live row of a job, or its row in the history; undefined when there is neither. */
  row(id: string | undefined): Promise<JobRow | undefined>;
  /** Runs `work` in a transaction. */
  commit<T>(work: (trx: Trx) => Promise<T>): Promise<T>;
  stop(drainMs?: number): Promise<void>;
}

/** The columns of a job that tests look at, wherever it is. */
export interface JobRow {
  readonly state: string;
  readonly attempts: number;
  readonly errors: readonly { attempt: number; class: string; message: string; frames: string[] }[];
  readonly fingerprint?: string | null;
  readonly log: string | null;
  readonly progress: number | null;
  readonly worker: string | null;
  readonly started_at: Date | null;
  readonly run_at: Date;
  readonly lease_until?: Date | null;
  readonly published_at?: Date | null;
}

/** Starts the layer; `stop` ends it in the order in which a process does. */
export const startJobLayer = (options: JobLayerOptions): JobLayer => {
  const { databaseUrl, redisUrl, group, leaseMs = 2_000 } = options;
  const db = connectPostgres(databaseUrl, 6);
  const redis = connectRedis(redisUrl, "commands");
  const broker = new ServiceBroker({ logger: false, skipProcessEventRegistration: true });
  const node = options.node ?? `test-${makeId()}`;
  const deps: Deps = { db, redis, clock: systemClock, id: makeId, log: broker.logger, broker, node };
  const reader = createGroupReader({
    group,
    consumer: node,
    redis,
    connect: () => connectRedis(redisUrl, "reader", { redis: readerConnection }),
    limits: { leaseMs: 1_000 },
    log: deps.log,
  });
  const relay = createRelay({ db, redis, log: deps.log, leaseMs, missingMs: options.missingMs ?? 1_000 });
  const stats = options.statsAs ? createJobStats(redis, options.statsAs, Date.now) : undefined;
  const worker = createWorker({
    group,
    definitions: options.definitions,
    deps,
    db,
    source: reader,
    leaseMs,
    ...(options.slots ? { slots: options.slots } : {}),
    ...(options.written ? { written: options.written } : {}),
    ...(stats ? { ran: stats.ran } : {}),
  });
  if (options.relays !== false) relay.start();
  worker.start();
  return {
    db,
    redis,
    deps,
    relay,
    worker,
    reader,
    async row(id) {
      const live = await db.raw<{ rows: JobRow[] }>("select * from jobs.jobs where id = ?", [id ?? null]);
      if (live.rows[0]) return live.rows[0];
      return (await db.raw<{ rows: JobRow[] }>("select * from jobs.history where id = ?", [id ?? null])).rows[0];
    },
    commit: (work) => db.transaction(work),
    async stop(drainMs = 1_000) {
      await worker.stop(drainMs);
      await reader.stop(500);
      await stats?.stop();
      await relay.stop();
      await db.destroy();
      redis.disconnect();
    },
  };
};
