// How long things took, as counts in buckets that grow by a factor: small, mergeable by adding, good for any percentile.
// Bucket 0 is below 1 ms; bucket n (1 to 119) begins at 2^((n-1)/4) ms, each about 19 % wider than the one before, the
// last without an end (about 9 days). A percentile is the geometric middle of its bucket: at most 9.1 % off.

/** Counts by bucket; buckets without any are absent. As JSON: `{ "21": 40 }`. */
export type Histogram = Readonly<Record<number, number>>;

export const bucketsPerDoubling = 4;
export const lastBucket = 119;

/** The bucket of a duration in ms; what is below zero (clocks differ) counts as zero. */
export const bucketOf = (ms: number): number =>
  ms < 1 ? 0 : Math.min(lastBucket, 1 + Math.floor(Math.log2(ms) * bucketsPerDoubling + 1e-9));

/** Where a bucket ends, in ms; the last has no end. */
export const upperBound = (bucket: number): number =>
  bucket >= lastBucket ? Number.POSITIVE_INFINITY : 2 ** (bucket / bucketsPerDoubling);

const middleOf = (bucket: number): number => (bucket === 0 ? 0.5 : 2 ** ((bucket - 0.5) / bucketsPerDoubling));

/** Adds the counts of `more` to `into`, which is changed. */
export const addHistogram = (into: Record<number, number>, more: Histogram): void => {
  for (const [bucket, count] of Object.entries(more)) into[Number(bucket)] = (into[Number(bucket)] ?? 0) + count;
};

/** How many durations were counted. */
export const totalOf = (histogram: Histogram): number =>
  Object.values(histogram).reduce((sum, count) => sum + count, 0);

/** The durations in ms below which these shares (0 to 1) lie, each at most 9.1 % off; undefined when nothing was counted. */
export const percentilesOf = (histogram: Histogram, shares: readonly number[]): readonly number[] | undefined => {
  const buckets = Object.keys(histogram)
    .map(Number)
    .sort((a, b) => a - b);
  const total = totalOf(histogram);
  if (total === 0) return undefined;
  return shares.map((share) => {
    const rank = Math.max(1, Math.ceil(share * total));
    let seen = 0;
    for (const bucket of buckets) {
      seen += histogram[bucket] ?? 0;
      if (seen >= rank) return middleOf(bucket);
    }
    return middleOf(buckets.at(-1) ?? 0);
  });
};

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** p50, p95 and p99 in whole ms above 10 ms, else with one decimal; null when nothing was counted. */
export const summaryOf = (histogram: Histogram): Percentiles | null => {
  const found = percentilesOf(histogram, [0.5, 0.95, 0.99]);
  if (!found) return null;
  const [p50 = 0, p95 = 0, p99 = 0] = found.map((ms) => (ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)));
  return { p50, p95, p99 };
};
