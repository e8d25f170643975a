// A breaker for one provider: after a few faults in a row it lets nobody through for a while, then one call to try.
// It also keeps the pause that a provider asks for. Only the provider whose breaker it is waits.
import type { Clock } from "../../../shared/lib/clock.ts";
import type { ProviderOutcome } from "./provider.ts";

export interface BreakerOptions {
  /** Faults in a row that open it; default 3. */
  readonly faults?: number;
  /** Milliseconds of the first pause, doubled each time the try fails; default 2,000. */
  readonly pauseMs?: number;
  /** Longest pause; default 60,000. */
  readonly longestMs?: number;
}

export interface Breaker {
  /** Milliseconds until a call may be made; 0 when there is nothing to wait for but a try that may be under way. */
  waitMs(): number;
  /** `pausing`: the provider asked for it. `broken`: it failed several times in a row. */
  readonly state: "ok" | "pausing" | "broken" | "trying";
  /** Resolves when the try that is under way has ended; undefined when none is. */
  readonly trial: Promise<void> | undefined;
  /** Tells that a call begins; the function that comes back takes its outcome, or nothing when it broke. */
  enter(): (outcome?: ProviderOutcome) => void;
}

/** A closed breaker. */
export const createBreaker = (clock: Clock, options: BreakerOptions = {}): Breaker => {
  const { faults: mostFaults = 3, pauseMs = 2_000, longestMs = 60_000 } = options;
  let faults = 0;
  let openings = 0;
  let until = Number.NEGATIVE_INFINITY;
  let trial: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  const count = (outcome: ProviderOutcome | undefined) => {
    const now = clock.monotonic();
    if (!outcome || outcome.fault) {
      faults++;
      // Calls that were under way together fail together: they open it once.
      if (faults >= mostFaults && now >= until) until = now + Math.min(longestMs, pauseMs * 2 ** openings++);
    } else if (outcome.kind !== "throttled" && outcome.kind !== "not_sent") {
      faults = 0;
      openings = 0;
    }
    if (outcome?.kind === "throttled") until = Math.max(until, now + outcome.retryAfterMs);
  };

  return {
    get state() {
      if (trial) return "trying";
      if (faults >= mostFaults) return "broken";
      return clock.monotonic() < until ? "pausing" : "ok";
    },
    waitMs: () => Math.max(0, until - clock.monotonic()),
    get trial() {
      return trial?.over;
    },
    enter() {
      let own: typeof trial;
      if (faults >= mostFaults && !trial) {
        const { promise: over, resolve: end } = Promise.withResolvers<void>();
        own = trial = { over, end };
      }
      return (outcome) => {
        count(outcome);
        if (!own) return;
        trial = undefined;
        own.end();
      };
    },
  };
};
