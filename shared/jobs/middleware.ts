// Runs the job layer in a Moleculer process: a relay in every process, and a worker for each group that has services
// here. Starts when the services have, drains before they stop, and publishes until the very end.
import type { Middleware, ServiceBroker } from "moleculer";
import { databaseUrl, depsOf } from "../broker/deps.ts";
import { addPart } from "../broker/vitals.ts";
import { config } from "../config.ts";
import { connectPostgres, type Db } from "../db/knex.ts";
import { streamsAdapterOf } from "../streams/adapter.ts";
import { jobConnections } from "./job-connections.ts";
import { watchJobs } from "./job-metrics.ts";
import { collectJobs, type JobOwner, type Registry } from "./registry.ts";
import { createRelay, type Relay } from "./relay.ts";
import { createJobStats, type JobStats } from "./stats.ts";
import { createWorker, type Worker } from "./worker.ts";

export interface JobsMiddlewareOptions {
  /** Runs at once per group (default 50). */
  readonly slots?: number;
  /** How long a stop lets jobs run, in ms; default: the time for shutting down less 8 s for the rest, at least 1 s. */
  readonly drainMs?: number;
}

interface Running {
  readonly db: Db;
  readonly relay: Relay;
  readonly workers: readonly Worker[];
  readonly stats: JobStats;
  readonly unwatch: () => void;
}

/** Must stand after the channels middleware: workers read through its groups' readers. */
export const jobsMiddleware = (options: JobsMiddlewareOptions = {}): Middleware => {
  const drainMs = options.drainMs ?? Math.max(1_000, config.shutdownSeconds * 1_000 - 8_000);
  let registry: Registry | undefined;
  let running: Running | undefined;

  return {
    name: "jobs",
    async starting(broker: ServiceBroker) {
      registry = collectJobs(broker.services.map((service) => service.schema as unknown as JobOwner));
    },
    async started(broker: ServiceBroker) {
      const deps = depsOf(broker);
      const db = connectPostgres(databaseUrl(), jobConnections, `lc-jobs:${broker.nodeID}`);
      const leaseMs = config.leaseSeconds * 1_000;
      const relay = createRelay({ db, redis: deps.redis, log: deps.log, leaseMs });
      const stats = createJobStats(deps.redis, deps.node, () => deps.clock.now().getTime());
      const workers: Worker[] = [];
      const groups: string[] = [];
      for (const [group, definitions] of registry ?? []) {
        if (definitions.length === 0) continue;
        groups.push(group);
        const source = streamsAdapterOf(broker).groupReader(group);
        workers.push(
          createWorker({
            group,
            definitions,
            deps,
            db,
            source,
            leaseMs,
            ran: stats.ran,
            ...(options.slots ? { slots: options.slots } : {}),
          }),
        );
      }
      const unwatch = watchJobs({
        stats,
        pools: { actions: deps.db, jobs: db },
        running: () =>
          workers.map((worker, index) => ({ group: groups[index] ?? "", running: worker.status().running })),
      });
      running = { db, relay, workers, stats, unwatch };
      relay.start();
      addPart(deps, { relay: () => ({ silentMs: relay.silentMs() }) });
      for (const worker of workers) addPart(deps, { jobs: worker.vital, drain: worker.drain });
      for (const worker of workers) worker.start();
    },
    async stopping() {
      await Promise.all(running?.workers.map((worker) => worker.stop(drainMs)) ?? []);
    },
    async stopped() {
      running?.unwatch();
      await running?.stats.stop();
      await running?.relay.stop();
      await running?.db.destroy();
    },
  };
};
