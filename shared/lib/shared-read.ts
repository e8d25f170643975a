// One answer for everybody who asks at about the same time. The dearer a read, the longer its answer serves, so that
// looking never takes more than a tenth of a database's time.

export interface SharedReadOptions {
  /** An answer serves at least this long, in ms, and at most ten times as long as it took or `mostMs`. */
  readonly leastMs: number;
  readonly mostMs?: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Wraps a read. A read that fails rejects for those who wait for it, and the next who asks tries again. */
export const sharedRead = <T>(read: () => Promise<T>, options: SharedReadOptions): (() => Promise<T>) => {
  const { leastMs, mostMs = 30_000, now } = options;
  let answer: Promise<T> | undefined;
  let until = Number.POSITIVE_INFINITY;
  return () => {
    if (answer && now() < until) return answer;
    const began = now();
    const asked = read();
    answer = asked;
    until = Number.POSITIVE_INFINITY;
    asked.then(
      () => {
        until = now() + Math.min(mostMs, Math.max(leastMs, (now() - began) * 10));
      },
      () => {
        if (answer === asked) answer = undefined;
      },
    );
    return asked;
  };
};
