// Figures about jobs over time: minutes (kept two days) and hours (kept ninety), by type, added up from the history.
// Reason for the histograms: percentiles cannot be added, counts in buckets can, so a day's p95 is the day's.
// Reason for BRIN: the history is written in the order of its end; a minute of it is found at almost no cost to writers.
import type { Migration } from "../migrate.ts";

export const rollups: Migration = {
  name: "0017_rollups",
  up: async (trx) => {
    await trx.raw(`
      create index history_finished on jobs.history using brin (finished_at) with (pages_per_range = 32, autosummarize = on);

      -- The buckets of shared/lib/histogram.ts.
      create function jobs.duration_bucket(ms double precision) returns integer language sql immutable parallel safe as $$
        select case when ms is null then null when ms < 1 then 0
          else least(119, 1 + floor(ln(ms) / ln(2::double precision) * 4 + 1e-9))::integer end
      $$;

      create table jobs.metrics_rollups (
        grain text not null check (grain in ('minute', 'hour')),
        at timestamptz not null,
        type text not null,
        queue text not null,
        completed integer not null,
        failed integer not null,
        cancelled integer not null,
        -- Runs that failed and were followed by another.
        retried integer not null,
        -- From due to started and from started to finished: { "<bucket>": count }, cancelled jobs left out.
        wait jsonb not null,
        run jsonb not null,
        primary key (grain, at, type)
      );

      -- One row: minutes before this moment are added up.
      create table jobs.rollup_progress (
        only_row boolean primary key default true check (only_row),
        rolled_until timestamptz not null
      );
      insert into jobs.rollup_progress (rolled_until)
        select date_bin('1 minute', coalesce(min(finished_at), now()), '2000-01-01T00:00:00Z') from jobs.history;
    `);
  },
};
