// Runs one piece of work again and again, when asked: never twice at the same time, and any number of requests that
// arrive meanwhile are one more round. Failures are waited out with backoff.
import { outside } from "../broker/tracing.ts";
import { backoff, pauseFor, settledWithin } from "../streams/backoff.ts";

export interface Pump {
  /** Asks for a round, now or right after the one that runs. */
  run(): void;
  /** No further rounds; resolves when the current one has ended, or after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>;
}

/** `round` resolves true when there is more to do at once. `failed` hears errors; the pump tries again by itself. */
export const createPump = (round: () => Promise<boolean>, failed: (error: unknown, failures: number) => void): Pump => {
  const stopping = new AbortController();
  let wanted = false;
  let running: Promise<void> | undefined;

  const rounds = async (): Promise<void> => {
    for (let failures = 0; wanted && !stopping.signal.aborted; ) {
      wanted = false;
      try {
        if (await round()) wanted = true;
        failures = 0;
      } catch (error) {
        failures++;
        wanted = true;
        failed(error, failures);
        await pauseFor(backoff(failures, 100, 2_000), stopping.signal);
      }
    }
  };

  return {
    run() {
      wanted = true;
      running ??= outside(rounds).finally(() => {
        running = undefined;
        if (wanted && !stopping.signal.aborted) this.run();
      });
    },
    async stop(deadlineMs) {
      stopping.abort();
      if (running) await settledWithin(running, deadlineMs);
    },
  };
};
