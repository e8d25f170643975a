// So many at a time, so many waiting, and the rest refused: for work that takes much memory each.
import { fail } from "../../shared/contracts/errors.ts";

/** Does the work when its turn comes. Throws SERVICE_UNAVAILABLE when too many wait already. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** `refusal` is what those hear for whom there is no room. */
export const createTurns = (atOnce: number, waitingAtMost: number, refusal: string): Turns => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= waitingAtMost) throw fail("SERVICE_UNAVAILABLE", refusal, { retryAfter: 3 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      // The turn is handed over without being given back, so nobody can slip in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
};
