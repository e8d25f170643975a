// Figures about jobs over time, from the rollups: stretch by stretch, over all types, one queue or one type.
import { query, type Sql } from "../db/knex.ts";
import type { Histogram } from "../lib/histogram.ts";
import { binOf, keepMinutesDays } from "./rollup.ts";

export interface SeriesFilter {
  readonly queue?: string | undefined;
  readonly type?: string | undefined;
  readonly from: Date;
  readonly until: Date;
  /** Seconds per stretch: whole minutes, or whole hours where `from` is older than the minutes that are kept. */
  readonly step: number;
}

export interface SeriesRow {
  /** Start of the stretch. */
  readonly at: Date;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retried: number;
  readonly wait: Histogram;
  readonly run: Histogram;
}

/** True when minutes are kept from this moment on. */
export const hasMinutes = (from: Date, now: Date): boolean =>
  now.getTime() - from.getTime() < keepMinutesDays * 86_400_000;

/** Up to when the figures are complete. */
export const rolledUntil = async (sql: Sql): Promise<Date> => {
  const [row] = await query<{ at: Date }>(sql, "select rolled_until as at from jobs.rollup_progress");
  return row?.at ?? new Date(0);
};

/** The stretches in which jobs ended, oldest first; the others are absent. */
export const readSeries = async (sql: Sql, filter: SeriesFilter, grain: "minute" | "hour"): Promise<SeriesRow[]> => {
  const conditions = ["grain = ?", "at >= ?", "at < ?"];
  const bindings: unknown[] = [grain, filter.from, filter.until];
  if (filter.queue !== undefined) {
    conditions.push("queue = ?");
    bindings.push(filter.queue);
  }
  if (filter.type !== undefined) {
    conditions.push("type = ?");
    bindings.push(filter.type);
  }
  return query<SeriesRow>(
    sql,
    `with picked as materialized (
       select ${binOf("? * interval '1 second'", "at")} as at, completed, failed, cancelled, retried, wait, run
       from jobs.metrics_rollups where ${conditions.join(" and ")}
     ), waits as (
       select at, jsonb_object_agg(key, n) as wait from (
         select p.at, e.key, sum(e.value::int) as n from picked p, jsonb_each_text(p.wait) e group by 1, 2) b group by at
     ), runs as (
       select at, jsonb_object_agg(key, n) as run from (
         select p.at, e.key, sum(e.value::int) as n from picked p, jsonb_each_text(p.run) e group by 1, 2) b group by at
     )
     select s.*, coalesce(w.wait, '{}') as wait, coalesce(r.run, '{}') as run
     from (select at, sum(completed)::int as completed, sum(failed)::int as failed, sum(cancelled)::int as cancelled,
             sum(retried)::int as retried from picked group by at) s
       left join waits w using (at) left join runs r using (at)
     order by at`,
    [filter.step, ...bindings],
  );
};

export interface RecentEnds {
  readonly type: string;
  readonly finished: number;
  readonly failed: number;
}

/** What ended in the last 24 hours, by type; the minute that runs is not in it. */
export const endsOfDay = (sql: Sql): Promise<RecentEnds[]> =>
  query<RecentEnds>(
    sql,
    `select type, sum(completed + failed)::int as finished, sum(failed)::int as failed from jobs.metrics_rollups
     where grain = 'minute' and at >= now() - interval '24 hours' group by type`,
  );
