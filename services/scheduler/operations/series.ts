// Figures about jobs over time as operators see them: one point per step, also where nothing happened.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { metrics, SeriesPoint } from "../../../shared/contracts/metrics.ts";
import type { JobRun } from "../../../shared/jobs/define.ts";
import { rollUp } from "../../../shared/jobs/rollup.ts";
import { hasMinutes, readSeries, rolledUntil, type SeriesRow } from "../../../shared/jobs/series.ts";
import { summaryOf } from "../../../shared/lib/histogram.ts";

type Params = z.output<typeof metrics.actions.series.params>;
type Result = z.input<typeof metrics.actions.series.result>;
type Point = z.input<typeof SeriesPoint>;

const hourMs = 3_600_000;
/** Steps from which one is chosen when the caller names none: the first that needs at most so many points. */
const steps = [60, 300, 900, 3_600, 21_600, 86_400] as const;
const enoughPoints = 180;
const mostPoints = 2_500;

const refuse = (path: string, message: string) =>
  fail("VALIDATION_FAILED", `${path}: ${message}`, { errors: [{ path, message }] });

const stepFor = (params: Params, from: Date, until: Date, now: Date): number => {
  const seconds = (until.getTime() - from.getTime()) / 1_000;
  const wished = params.step ?? steps.find((step) => seconds / step <= enoughPoints) ?? 86_400;
  return hasMinutes(from, now) ? wished : Math.max(wished, 3_600);
};

const pointOf = (at: number, row: SeriesRow | undefined): Point => ({
  at: new Date(at).toISOString(),
  completed: row?.completed ?? 0,
  failed: row?.failed ?? 0,
  cancelled: row?.cancelled ?? 0,
  retried: row?.retried ?? 0,
  wait: row ? summaryOf(row.wait) : null,
  run: row ? summaryOf(row.run) : null,
});

/** Figures over time. Throws VALIDATION_FAILED when the times are the wrong way round or the points too many. */
export const showSeries = async (deps: Deps, params: Params): Promise<Result> => {
  const now = deps.clock.now();
  const until = params.until === undefined ? now : new Date(params.until);
  const from = params.from === undefined ? new Date(until.getTime() - hourMs) : new Date(params.from);
  if (from >= until) throw refuse("from", `is ${from.toISOString()}, expected a time before ${until.toISOString()}`);
  const step = stepFor(params, from, until, now);
  const stepMs = step * 1_000;
  const first = Math.floor(from.getTime() / stepMs) * stepMs;
  const count = Math.ceil((until.getTime() - first) / stepMs);
  if (count > mostPoints)
    throw refuse("step", `of ${step} s makes ${count} points, expected at most ${mostPoints}; take a larger step`);
  const grain = step >= 3_600 ? "hour" : "minute";
  const filter = { queue: params.queue, type: params.type, from: new Date(first), until, step };
  const [completeUntil, rows] = await Promise.all([rolledUntil(deps.db), readSeries(deps.db, filter, grain)]);
  const byTime = new Map(rows.map((row) => [row.at.getTime(), row]));
  return {
    from: new Date(first).toISOString(),
    until: until.toISOString(),
    step,
    completeUntil: completeUntil.toISOString(),
    data: Array.from({ length: count }, (_, index) => {
      const at = first + index * stepMs;
      return pointOf(at, byTime.get(at));
    }),
  };
};

/** Adds up the minutes that are over. */
export const rollUpMetrics = async ({ deps, log, signal }: JobRun): Promise<void> => {
  const minutes = await rollUp(deps.db, signal);
  if (minutes > 5) log(`${minutes} minutes were added up`);
};
