// Makes a process visible and drainable: every two seconds it says in Redis what it is and how it is, and every second
// it looks whether an operator wants it to claim nothing more. Redis being away changes nothing about what it does.
import { hostname } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Middleware, ServiceBroker } from "moleculer";
import { config } from "../config.ts";
import { contracts, type ServiceName } from "../contracts/index.ts";
import { poolOf } from "../db/knex.ts";
import { type Deps, depsOf } from "./deps.ts";
import { release } from "./release.ts";
import { setDraining, vitalsOf } from "./vitals.ts";
import { type Announcement, announce, dropOrder, orderDrain, readOrder, sayGoodbye } from "./workers.ts";

const tickMs = 1_000;
/** How often the event loop is probed; what is later than that is its delay. */
const probeMs = 20;

const groupsOf = (services: readonly string[]): string[] => [
  ...new Set(
    services.flatMap((name) =>
      name === "gateway" ? "gateway" : name in contracts ? contracts[name as ServiceName].group : [],
    ),
  ),
];

/** Event loop and processor since the last time it was asked. */
const createGauges = (deps: Deps) => {
  const loop = monitorEventLoopDelay({ resolution: probeMs });
  loop.enable();
  let cpu = process.cpuUsage();
  let since = deps.clock.monotonic();
  const late = (nanoseconds: number) => Math.max(0, Math.round((nanoseconds / 1e6 - probeMs) * 10) / 10);
  return {
    read() {
      const used = process.cpuUsage(cpu);
      const now = deps.clock.monotonic();
      const share = (used.user + used.system) / 1_000 / Math.max(1, now - since);
      cpu = process.cpuUsage();
      since = now;
      const measured = loop.count > 0;
      const delays = {
        p50: measured ? late(loop.percentile(50)) : 0,
        p99: measured ? late(loop.percentile(99)) : 0,
      };
      loop.reset();
      return { cpu: Math.round(share * 1_000) / 1_000, loop: delays };
    },
    stop: () => loop.disable(),
  };
};

/** Starts announcing; `leave` takes the process off the list. */
const startPresence = (deps: Deps, services: readonly string[]) => {
  const gauges = createGauges(deps);
  const startedAt = new Date(deps.clock.now().getTime() - process.uptime() * 1_000).toISOString();
  const groups = groupsOf(services);
  let draining = false;
  let stopping = false;
  let ticks = 0;
  let fresh = true;
  let busy: Promise<void> | undefined;

  const say = async () => {
    const { rss, heapUsed } = process.memoryUsage();
    const said: Announcement = {
      node: deps.node,
      host: hostname(),
      pid: process.pid,
      replica: config.replica,
      version: release.version,
      commit: release.commit,
      groups,
      services,
      state: stopping ? "stopping" : draining ? "draining" : "working",
      startedAt,
      at: deps.clock.now().toISOString(),
      rss,
      heapUsed,
      ...gauges.read(),
      pool: poolOf(deps.db),
      ...vitalsOf(deps),
    };
    await announce(deps.redis, said);
    // Redis may have been emptied: the order is this process's to keep.
    if (draining && !stopping) await orderDrain(deps.redis, deps.node, true);
  };

  const obey = async (): Promise<boolean> => {
    const order = await readOrder(deps.redis, deps.node);
    if (order === undefined || order === draining) return false;
    draining = order;
    deps.log.info(draining ? "draining: no more work is claimed" : "working again: work is claimed");
    setDraining(deps, draining);
    return true;
  };

  const tick = async (): Promise<void> => {
    // Commands wait for a Redis that is away, and what they say would be old by then.
    if (deps.redis.status !== "ready" || stopping) return;
    // In a container that starts again, names come again: an order was meant for the process before.
    if (fresh) await dropOrder(deps.redis, deps.node);
    fresh = false;
    const changed = await obey();
    if (changed || ticks++ % 2 === 0) await say();
  };
  const run = () => {
    busy ??= tick()
      .catch((error: unknown) => deps.log.debug(`not announced: ${(error as Error).message}`))
      .finally(() => {
        busy = undefined;
      });
  };
  run();
  const timer = setInterval(run, tickMs);
  timer.unref();

  const once = async (what: () => Promise<void>) => {
    if (deps.redis.status !== "ready") return;
    await what().catch((error: unknown) => deps.log.debug(`not announced: ${(error as Error).message}`));
  };
  return {
    /** Shows the process as stopping. */
    async stopping() {
      stopping = true;
      clearInterval(timer);
      await busy;
      await once(say);
    },
    async leave() {
      gauges.stop();
      await once(() => sayGoodbye(deps.redis, deps.node));
    },
  };
};

/** Broker middleware; must stand after health's, which closes the connections, so that the goodbye still gets out. */
export const presenceMiddleware = (): Middleware => {
  let presence: ReturnType<typeof startPresence> | undefined;
  return {
    name: "presence",
    async started(broker: ServiceBroker) {
      const services = broker.services.map(({ name }) => name).filter((name) => !name.startsWith("$"));
      presence = startPresence(depsOf(broker), services.sort());
    },
    async stopping() {
      await presence?.stopping();
    },
    async stopped() {
      await presence?.leave();
    },
  };
};
