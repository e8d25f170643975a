// The pause that a provider asks for: kept for everybody who sends through it, and longer each time it asks again right
// after one. Losing Redis's share of it costs a few refused calls, never a message.
import type { Deps } from "../broker/deps.ts";
import { holdBucket } from "./buckets.ts";

const longestMs = 30_000;

/** `begun` hears of each pause and its length in ms. */
export const createProviderHold = (deps: Deps, provider: string, begun: (ms: number) => void) => {
  let holdMs = 0;
  let until = 0;
  return {
    /** Milliseconds until the provider may be asked again; 0 when it may be asked now. */
    leftMs: (): number => Math.max(0, until - deps.clock.monotonic()),
    /** The provider asked for a pause. */
    asked(retryAfterMs: number): void {
      const now = deps.clock.monotonic();
      if (now < until) return;
      holdMs = Math.min(longestMs, Math.max(retryAfterMs, holdMs * 2));
      until = now + holdMs;
      begun(holdMs);
      // Nobody waits for it: the message that was not taken must be written down while its lease lasts.
      holdBucket(deps.redis, `provider:${provider}`, holdMs).catch((error: unknown) =>
        deps.log.debug(`the hold stays in this process: ${String(error)}`),
      );
    },
    /** The provider took something: the next pause begins short again. */
    over(): void {
      holdMs = 0;
    },
  };
};
