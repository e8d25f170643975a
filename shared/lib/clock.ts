// Time as a dependency: use cases take a clock, so that tests decide what time it is.

export interface Clock {
  /** The wall clock. */
  now(): Date;
  /** Milliseconds that never go back, for leases and durations; no relation to the wall clock. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
};
