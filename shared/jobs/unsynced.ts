// For statements that say how work goes on: claims, outcomes, marks of the relay. Their commit does not wait for the disk,
// which is most of what a single job waits for. A Postgres that crashes may forget the last half second of them, together
// with every later write: such a job runs again, as after the death of a worker. Enqueueing always waits for the disk,
// and so does every write of a handler, which takes the claims and outcomes before it along.

/** SQL condition, always true, evaluated once: the transaction of this statement commits without waiting for the disk. */
export const unsynced = "(select set_config('synchronous_commit', 'off', true)) is not null";
