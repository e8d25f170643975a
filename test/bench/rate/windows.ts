// What arrival times say about a rate: how close its mean came to what was configured, and how far any stretch of time,
// however long or short, went over it. Pure functions over milliseconds in ascending order.

export interface Kept {
  /** Arrivals a second from one second after the first arrival on, for the seconds asked for. */
  readonly achieved: number;
  /** achieved / configured. */
  readonly ratio: number;
  /** The most by which any window held more than rate × its length, in arrivals. Permitted is one second of rate. */
  readonly excess: number;
  /** The most arrivals in any one second. */
  readonly busiestSecond: number;
  /** The longest time without an arrival inside the measured seconds, in milliseconds. */
  readonly longestGapMs: number;
}

/** The largest `count - rate × length` over all windows that begin and end with an arrival. */
export const largestExcess = (at: readonly number[], perSecond: number): number => {
  let lowest = Number.POSITIVE_INFINITY;
  let excess = 0;
  for (const [i, time] of at.entries()) {
    const above = i - (perSecond * time) / 1000;
    lowest = Math.min(lowest, above);
    excess = Math.max(excess, above - lowest + 1);
  }
  return excess;
};

/** The most arrivals in any half-open window of `ms`. */
export const busiest = (at: readonly number[], ms: number): number => {
  let most = 0;
  let begin = 0;
  for (const [i, time] of at.entries()) {
    while (time - (at[begin] ?? time) >= ms) begin += 1;
    most = Math.max(most, i - begin + 1);
  }
  return most;
};

/** Judges arrivals that lasted at least `seconds` + 1. Throws when they did not. */
export const judge = (at: readonly number[], perSecond: number, seconds: number): Kept => {
  const from = (at[0] ?? Number.NaN) + 1000;
  const to = from + seconds * 1000;
  if (!((at.at(-1) ?? Number.NaN) >= to))
    throw new Error(`Mails came for less than ${seconds} s after the first second; ${at.length} came in all`);
  const measured = at.filter((time) => time >= from && time < to);
  const edges = [from, ...measured, to];
  const achieved = measured.length / seconds;
  return {
    achieved,
    ratio: achieved / perSecond,
    excess: largestExcess(at, perSecond),
    busiestSecond: busiest(at, 1000),
    longestGapMs: edges.slice(1).reduce((longest, time, i) => Math.max(longest, time - (edges[i] ?? time)), 0),
  };
};
