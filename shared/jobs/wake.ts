// The signal within a process that work was committed: the relay hears it at once instead of at its next sweep.
// It is only ever about speed. A signal that is lost costs at most the sweep's interval.
import { outside } from "../broker/tracing.ts";
import type { Trx } from "../db/knex.ts";

export type Work = "jobs" | "events";
/** `inMs`: when the work is due, from now on; 0 for at once. */
type Listener = (work: Work, inMs: number) => void;

const listeners = new Set<Listener>();
const watched: Record<Work, WeakMap<Trx, { dueAt: number }>> = { jobs: new WeakMap(), events: new WeakMap() };

/** Registers what is to happen when work was committed; returns the function that takes it back. */
export const onWork = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

/** Tells every relay of this process that there is work, due in so many ms. */
export const signalWork = (work: Work, inMs = 0): void => {
  for (const listener of listeners) listener(work, Math.max(0, inMs));
};

/** Signals as soon as this transaction has committed; nothing happens when it is rolled back. */
export const signalAtCommit = (trx: Trx, work: Work, due?: Date): void => {
  const dueAt = due?.getTime() ?? 0;
  const known = watched[work].get(trx);
  if (known) {
    known.dueAt = Math.min(known.dueAt, dueAt);
    return;
  }
  const earliest = { dueAt };
  watched[work].set(trx, earliest);
  // The owner of the transaction sees its error; here it only means that there is nothing to do.
  trx.executionPromise.then(
    () => outside(() => signalWork(work, earliest.dueAt - Date.now())),
    () => undefined,
  );
};
