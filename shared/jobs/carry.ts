// The short way of a job that is due when it is enqueued: its row says at once that it is published, and a relay of this
// process puts it into its stream right after the commit, without marking the row again. A process that dies in between
// costs seconds: a job that says so and is not in its stream is published again (republish.ts).
import type { Trx } from "../db/knex.ts";
import type { DueJob } from "./due.ts";

export interface Carrier {
  /** Redis answers and the line is short. */
  isOpen(): boolean;
  /** Takes committed jobs that are marked as published: they go to their streams, or their marks are taken back. */
  carry(jobs: readonly DueJob[]): void;
}

/** Of one transaction so many jobs go this way; the rest waits in Postgres for the relays, not in this process. */
const mostPerTransaction = 5_000;

const carriers = new Set<Carrier>();
const carriedBy = new WeakMap<Trx, DueJob[]>();

/** Offers a way to the streams; returns the function that takes it back. */
export const offerCarrier = (carrier: Carrier): (() => void) => {
  carriers.add(carrier);
  return () => {
    carriers.delete(carrier);
  };
};

const openCarrier = (): Carrier | undefined => [...carriers].find((carrier) => carrier.isOpen());

/** True when `count` more jobs of this transaction may be marked as published. A savepoint's end is no commit. */
export const mayCarry = (trx: Trx, count: number): boolean =>
  trx.parentTransaction === undefined &&
  (carriedBy.get(trx)?.length ?? 0) + count <= mostPerTransaction &&
  openCarrier() !== undefined;

/** Has jobs that this transaction wrote as published put into their streams when it has committed. */
export const carryAtCommit = (trx: Trx, jobs: readonly DueJob[]): void => {
  if (jobs.length === 0) return;
  const known = carriedBy.get(trx);
  if (known) {
    known.push(...jobs);
    return;
  }
  const all = [...jobs];
  carriedBy.set(trx, all);
  // A carrier that closed meanwhile still takes them, and takes their marks back. Without any, republish.ts finds them.
  trx.executionPromise.then(
    () => (openCarrier() ?? [...carriers][0])?.carry(all),
    () => undefined,
  );
};
