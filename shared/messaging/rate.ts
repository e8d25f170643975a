// How fast something goes, from a count that only grows: the change since the last look, smoothed a little.

/** Takes the count so far and answers how many a second there were since the last call. `now` is monotonic ms. */
export const createRate = (now: () => number): ((count: number) => number) => {
  let at = now();
  let known = 0;
  let rate = 0;
  return (count) => {
    const passed = now() - at;
    if (passed < 500) return rate;
    const fresh = ((count - known) * 1_000) / passed;
    // A stop is shown at once; what goes on is shown without jumping.
    rate = fresh === 0 ? 0 : Math.round((rate === 0 ? fresh : rate * 0.3 + fresh * 0.7) * 10) / 10;
    at = now();
    known = count;
    return rate;
  };
};
