// Waiting between attempts: exponential with jitter, capped, and cancellable, so that stopping never waits for it.

/** Ms before attempt `failures` + 1 after that many failures: doubles from `firstMs`, at most `capMs`, 50-100 % of it. */
export const backoff = (failures: number, firstMs: number, capMs: number): number => {
  const ceiling = Math.min(capMs, firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
};

/** Resolves after `ms`, or at once when the signal aborts; never rejects. */
export const pauseFor = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });

/** Resolves true when `work` settled within `ms`, else false; the outcome of `work` itself is not looked at. */
export const settledWithin = async (work: Promise<unknown>, ms: number): Promise<boolean> => {
  const enough = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([settled, pauseFor(Math.max(0, ms), enough.signal).then(() => false)]);
  enough.abort();
  return result;
};
