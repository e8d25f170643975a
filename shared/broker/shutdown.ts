// Ends the process once and in order, whatever asks for it: SIGTERM, SIGINT, or the supervisor going away.
// Drains to the deadline of LC_SHUTDOWN_SECONDS; what is not done by then is left to leases.
import { setTimeout as delay } from "node:timers/promises";
import type { Middleware, ServiceBroker } from "moleculer";
import { config } from "../config.ts";
import { beginLeaving } from "./health.ts";

/** A gateway is still being sent requests when it is told to end: those are answered too. */
const linger = async (broker: ServiceBroker): Promise<void> => {
  beginLeaving(broker);
  if (broker.getLocalService("gateway")) await delay(config.lingerSeconds * 1000);
};

/** Broker middleware that owns the process's signals (Moleculer's own handlers are switched off). */
export const shutdownMiddleware = (): Middleware => {
  let stopping = false;
  let started = false;
  const stop = (broker: ServiceBroker, why: string) => {
    if (stopping) return;
    stopping = true;
    broker.logger.info(`stopping: ${why}`);
    const deadline = setTimeout(() => {
      broker.logger.error(`not stopped within ${config.shutdownSeconds} s; leaving the rest to leases`);
      process.exit(1);
    }, config.shutdownSeconds * 1000);
    deadline.unref();
    // Before it has started there is nothing to drain.
    const done = started ? linger(broker).then(() => broker.stop()) : Promise.resolve();
    done.then(
      () => process.exit(0),
      (error: unknown) => {
        broker.logger.error("stopping failed", error);
        process.exit(1);
      },
    );
  };
  return {
    name: "shutdown",
    created(broker: ServiceBroker) {
      process.on("SIGTERM", () => stop(broker, "SIGTERM"));
      process.on("SIGINT", () => stop(broker, "SIGINT"));
      if (process.send) process.on("disconnect", () => stop(broker, "the supervisor is gone"));
    },
    async started() {
      started = true;
    },
  };
};
