// What this process's workers did, told to Prometheus when somebody asks: it is counted for the live view anyway.
import type { Deps } from "../broker/deps.ts";
import { onScrape, type ToldHistogram, tellCounter, tellGauge, tellHistogram } from "../broker/metrics.ts";
import { tellPools } from "../broker/process-metrics.ts";
import { bucketsPerDoubling, type Histogram, totalOf } from "../lib/histogram.ts";
import { type JobStats, jobOutcomes } from "./stats.ts";

/** Bounds in ms, as powers of 2: each is where a bucket of shared/lib/histogram.ts ends, so nothing is guessed. */
const bounds = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20];

const toldOf = (type: string, histogram: Histogram, sumMs: number): ToldHistogram => {
  const upTo = (last: number) =>
    Object.entries(histogram).reduce((sum, [bucket, count]) => (Number(bucket) <= last ? sum + count : sum), 0);
  return {
    labels: { type },
    counts: [
      ...bounds.map((power) => ({ le: 2 ** power / 1_000, count: upTo(power * bucketsPerDoubling) })),
      { le: "+Inf" as const, count: totalOf(histogram) },
    ],
    sum: sumMs / 1_000,
  };
};

export interface Watched {
  readonly stats: JobStats;
  readonly pools: Readonly<Record<string, Deps["db"]>>;
  /** Jobs that run now, by group. */
  readonly running: () => readonly { readonly group: string; readonly running: number }[];
}

/** Tells of jobs whenever somebody asks; call the answer to stop. */
export const watchJobs = ({ stats, pools, running }: Watched): (() => void) =>
  onScrape("jobs", ["lc_jobs_running", "lc_postgres_connections"], () => {
    const totals = [...stats.totals()];
    tellCounter(
      "lc_jobs_finished_total",
      totals.flatMap(([type, { ends }]) =>
        jobOutcomes.map((outcome) => ({ labels: { type, outcome }, value: ends[outcome] })),
      ),
    );
    tellHistogram(
      "lc_job_wait_seconds",
      totals.map(([type, { wait, waitMs }]) => toldOf(type, wait, waitMs)),
    );
    tellHistogram(
      "lc_job_run_seconds",
      totals.map(([type, { run, runMs }]) => toldOf(type, run, runMs)),
    );
    tellGauge(
      "lc_jobs_running",
      running().map(({ group, running: value }) => ({ labels: { group }, value })),
    );
    tellPools(pools);
  });
