// The watch of one replica: looks every few seconds whether it is time, and makes webhook calls whose job cannot run,
// because an alarm about Redis must not need Redis.
import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../../../shared/broker/deps.ts";
import { createQuietLog } from "../../../shared/streams/quiet-log.ts";
import { evaluate } from "./evaluate.ts";
import { builtIns } from "./kinds.ts";
import { callWebhook } from "./notices/call-webhook.ts";
import { stuckCalls } from "./notices/store.ts";
import { addBuiltIns } from "./store.ts";

export interface Watch {
  /** Looks no more, and resolves when what it was doing is done. */
  stop(): Promise<void>;
}

const evaluateEveryMs = 10_000;
const lookEveryMs = 2_500;
/** Watching costs a slow database at most a tenth of the time, but it goes on at least every so many ms. */
const costShare = 10;
const longestRestMs = 60_000;
/** A call that its job has not begun after so many seconds is made here. */
const stuckAfter = 45;

/** Adds the built-in rules and watches until `stop`. An outage of Postgres is waited for. */
export const startWatch = (
  deps: Deps,
  { everyMs = evaluateEveryMs, lookMs = lookEveryMs }: { readonly everyMs?: number; readonly lookMs?: number } = {},
): Watch => {
  const quiet = createQuietLog(deps.log, { part: "monitors" });
  const stopping = new AbortController();
  let added = false;
  let tookMs = 0;

  const look = async (): Promise<void> => {
    if (!added) await addBuiltIns(deps.db, builtIns, deps.id);
    added = true;
    const began = deps.clock.monotonic();
    await evaluate(deps, everyMs).finally(() => {
      tookMs = deps.clock.monotonic() - began;
    });
    for (const id of await stuckCalls(deps.db, stuckAfter))
      await callWebhook(deps, id, stopping.signal).catch((error: unknown) =>
        quiet.failing("Calling the webhook", error),
      );
    quiet.recovered("Evaluating the rules");
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => quiet.failing("Evaluating the rules", error));
      const restMs = Math.min(longestRestMs, tookMs * costShare);
      await delay(Math.max(lookMs, restMs), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
};
