// Durations in buckets: percentiles within the bound that the file promises, and histograms that add up.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addHistogram,
  bucketOf,
  type Histogram,
  lastBucket,
  percentilesOf,
  summaryOf,
  totalOf,
  upperBound,
} from "../../shared/lib/histogram.ts";

const histogramOf = (durations: readonly number[]): Histogram => {
  const counts: Record<number, number> = {};
  for (const ms of durations) counts[bucketOf(ms)] = (counts[bucketOf(ms)] ?? 0) + 1;
  return counts;
};
/** Down to 1 ms and up to 8 days, where the bound holds. */
const duration = fc.double({ min: 1, max: 8 * 86_400_000, noNaN: true });

describe("a histogram", () => {
  it("puts every duration below the end of its bucket and not below its beginning", () => {
    fc.assert(
      fc.property(duration, (ms) => {
        const bucket = bucketOf(ms);
        expect(ms).toBeLessThan(upperBound(bucket) * (1 + 1e-9));
        expect(ms).toBeGreaterThanOrEqual(upperBound(bucket - 1) * (1 - 1e-9));
      }),
    );
    expect([bucketOf(-5), bucketOf(0), bucketOf(0.99), bucketOf(1), bucketOf(2), bucketOf(1024)]).toEqual([
      0, 0, 0, 1, 5, 41,
    ]);
    expect([bucketOf(1e15), upperBound(lastBucket)]).toEqual([lastBucket, Number.POSITIVE_INFINITY]);
  });

  it("answers percentiles at most 9.1 % off", () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (list, share) => {
          const sorted = [...list].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(share * list.length)) - 1] ?? 0;
          const found = percentilesOf(histogramOf(list), [share])?.[0] ?? 0;
          expect(Math.abs(found - exact) / exact).toBeLessThan(0.091);
        },
      ),
    );
  });

  it("is the same whether counted at once or added up", () => {
    fc.assert(
      fc.property(fc.array(duration), fc.array(duration), (one, other) => {
        const sum: Record<number, number> = {};
        addHistogram(sum, histogramOf(one));
        addHistogram(sum, histogramOf(other));
        expect(sum).toEqual(histogramOf([...one, ...other]));
        expect(totalOf(sum)).toBe(one.length + other.length);
      }),
    );
  });

  it("has no percentiles while nothing was counted", () => {
    expect(percentilesOf({}, [0.5])).toBeUndefined();
    expect(summaryOf({})).toBeNull();
    expect(summaryOf({ 0: 99, 41: 1 })).toEqual({ p50: 0.5, p95: 0.5, p99: 0.5 });
  });
});
