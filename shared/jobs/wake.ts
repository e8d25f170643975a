// The signal within a process that work was committed: the relay hears it at once instead of at its next sweep.
// It is only ever about speed. A signal that is lost costs at most the sweep's interval.
import type { Trx } from "../db/knex.ts";

export type Work = "jobs" | "events";

const listeners = new Set<(work: Work) => void>();
const watched: Record<Work, WeakSet<Trx>> = { jobs: new WeakSet(), events: new WeakSet() };

/** Registers what is to happen when work was committed; returns the function that takes it back. */
export const onWork = (listener: (work: Work) => void): (() => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

/** Tells every relay of this process to look now. */
export const signalWork = (work: Work): void => {
  for (const listener of listeners) listener(work);
};

/** Signals as soon as this transaction has committed; nothing happens when it is rolled back. */
export const signalAtCommit = (trx: Trx, work: Work): void => {
  if (watched[work].has(trx)) return;
  watched[work].add(trx);
  // The owner of the transaction sees its error; here it only means that there is nothing to do.
  trx.executionPromise.then(
    () => signalWork(work),
    () => undefined,
  );
};
