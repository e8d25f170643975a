// Draining a process and letting it work again. The order lies in Redis, where the process looks each second; the answer
// waits until it has obeyed, so that whoever asked knows.
import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../../../shared/broker/deps.ts";
import { orderDrain } from "../../../shared/broker/workers.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Worker } from "../../../shared/contracts/workers.ts";
import { showWorker } from "./show.ts";

const patienceMs = 4_000;
const lookMs = 100;

/**
 * Orders a process to drain or to work; answers how it is once it has obeyed, at most 4 s later. Throws
 * WORKER_NOT_FOUND, and WORKER_GONE for one that vanished or is stopping.
 */
export const drainWorker = async (deps: Deps, node: string, draining: boolean): Promise<Worker> => {
  const before = await showWorker(deps, node);
  if (before.state === "gone" || before.state === "stopping")
    throw fail(
      "WORKER_GONE",
      `The process ${node} ${before.state === "gone" ? "has not been heard of for 10 s" : "is stopping"}: it claims nothing, and its work goes to the others.`,
    );
  await orderDrain(deps.redis, node, draining);
  const wanted = draining ? "draining" : "working";
  const until = deps.clock.monotonic() + patienceMs;
  let now = await showWorker(deps, node);
  while (now.state !== wanted && deps.clock.monotonic() < until) {
    await delay(lookMs);
    now = await showWorker(deps, node);
  }
  return now;
};
