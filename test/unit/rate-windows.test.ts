// What the rate benchmark says of arrival times is true: compared with counting every window by brute force.
import fc from "fast-check";
import { expect, it } from "vitest";
import { largestExcess } from "../bench/rate/windows.ts";

it("finds the window in which most arrived above the rate", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 50 }),
      (times, rate) => {
        const at = [...times].sort((a, b) => a - b);
        let worst = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < at.length; i++)
          for (let j = i; j < at.length; j++)
            worst = Math.max(worst, j - i + 1 - (((at[j] as number) - (at[i] as number)) / 1000) * rate);
        expect(largestExcess(at, rate)).toBeCloseTo(worst, 6);
      },
    ),
  );
});
