// What one reading does to one incident. Pure: the moment is given, nothing is looked up.

export interface Rule {
  readonly threshold: number;
  readonly clearAt: number;
  readonly forSeconds: number;
  readonly clearForSeconds: number;
}

export interface Course {
  readonly state: "pending" | "open" | "recovered";
  readonly breachedAt: Date;
  readonly openedAt: Date | null;
  readonly clearSince: Date | null;
  readonly recoveredAt: Date | null;
  readonly openingValue: number | null;
  readonly worstValue: number;
  readonly lastValue: number;
  readonly flaps: number;
}

/** One that comes back within this time comes and goes, in ms. */
export const flapWithinMs = 30 * 60_000;
const calmAtLeast = 600;
const calmAtMost = 3_600;

/** Seconds it has to be well: longer each time it came back, so that one that flaps is not told about again and again. */
export const calmSeconds = (rule: Pick<Rule, "clearForSeconds">, flaps: number): number =>
  flaps === 0
    ? rule.clearForSeconds
    : Math.max(rule.clearForSeconds, Math.min(calmAtMost, calmAtLeast * 2 ** (flaps - 1)));

/** Seconds between. A moment that is still to come was noted before the clock was put back: it counts as long ago. */
const since = (from: Date, now: Date): number => Math.abs(now.getTime() - from.getTime()) / 1_000;

const opened = (course: Course, rule: Rule, now: Date): Course =>
  since(course.breachedAt, now) < rule.forSeconds
    ? course
    : { ...course, state: "open", openedAt: now, openingValue: course.lastValue };

/**
 * The incident after a reading; undefined when there is none (any more). `course` is the pending or open one, `before`
 * the number of flaps it would begin with: of the last that recovered a short while ago one more, else 0.
 */
export const decide = (
  rule: Rule,
  value: number,
  course: Course | undefined,
  before: number,
  now: Date,
): Course | undefined => {
  const breach = value > rule.threshold;
  if (!course || course.state === "recovered") {
    if (!breach) return undefined;
    const begun: Course = {
      ...{ state: "pending", breachedAt: now, openedAt: null, clearSince: null, recoveredAt: null },
      ...{ openingValue: null, worstValue: value, lastValue: value, flaps: before },
    };
    return opened(begun, rule, now);
  }
  const seen: Course = { ...course, lastValue: value, worstValue: Math.max(course.worstValue, value) };
  if (course.state === "pending") return breach ? opened(seen, rule, now) : undefined;
  // Between both limits it stays as it is, but the wait for calm begins anew.
  if (value > rule.clearAt) return { ...seen, clearSince: null };
  const clearSince = course.clearSince ?? now;
  if (since(clearSince, now) < calmSeconds(rule, course.flaps)) return { ...seen, clearSince };
  return { ...seen, clearSince, state: "recovered", recoveredAt: now };
};
