// Schema jobs: work that is to be done (live), what became of it (history), and events on their way to Redis (outbox).
// Reason: Postgres is the truth about jobs and events. They are written in the transaction of the change that caused
// them; Redis Streams only dispatch, so losing Redis costs seconds and never a job or an event.
// Reason for the partial indexes: a live job is in exactly one of them at a time, so cost does not grow with the depth.
import type { Migration } from "../migrate.ts";

export const jobs: Migration = {
  name: "0005_jobs",
  up: async (trx) => {
    await trx.raw(`
      create schema jobs;

      -- Live jobs. Many short-lived row versions: vacuum early and without pauses.
      create table jobs.jobs (
        id uuid primary key,
        type text not null,
        group_name text not null,
        queue text not null,
        lane text not null default 'normal' check (lane in ('high', 'normal', 'low')),
        -- scheduled: waits for run_at. queued: due, or in its stream when published_at is set. running: leased to a worker.
        state text not null check (state in ('scheduled', 'queued', 'running')),
        input jsonb not null,
        unique_key text,
        -- How long the key is held: until the job is done, or only until it starts.
        unique_until text check (unique_until in ('done', 'started')),
        tags text[],
        entity text,
        -- Runs begun so far; set back when a run was given back without having counted.
        attempts smallint not null default 0,
        -- Known to the worker, so null until the first claim.
        max_attempts smallint,
        run_at timestamptz not null,
        published_at timestamptz,
        lease_until timestamptz,
        attempt_id uuid,
        worker text,
        progress real,
        errors jsonb not null default '[]',
        log text,
        created_at timestamptz not null default now(),
        started_at timestamptz
      ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
              autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
      create index jobs_due on jobs.jobs (lane, run_at) where published_at is null;
      create index jobs_published on jobs.jobs (group_name, queue, lane, published_at)
        where state = 'queued' and published_at is not null;
      create index jobs_lease on jobs.jobs (lease_until) where state = 'running';
      create unique index jobs_unique on jobs.jobs (type, unique_key) where unique_key is not null;

      -- Finished jobs, a partition per day (UTC) of finishing; dropped after some days by the job jobs.prune.
      create table jobs.history (
        id uuid not null,
        type text not null,
        group_name text not null,
        queue text not null,
        lane text not null,
        state text not null check (state in ('completed', 'failed', 'cancelled')),
        input jsonb not null,
        unique_key text,
        tags text[],
        entity text,
        attempts smallint not null,
        max_attempts smallint,
        run_at timestamptz not null,
        worker text,
        progress real,
        errors jsonb not null,
        -- Same for failures of the same kind: type, class of the last error and its first frame.
        fingerprint text,
        log text,
        created_at timestamptz not null,
        started_at timestamptz,
        finished_at timestamptz not null
      ) partition by range (finished_at);
      create index history_id on jobs.history (id);
      create index history_trouble on jobs.history (finished_at, id) where state <> 'completed';
      create table jobs.history_default partition of jobs.history default;

      create function jobs.make_history_partition(day date) returns void language plpgsql as $$
      begin
        execute format('create table if not exists jobs.history_%s partition of jobs.history for values from (%L) to (%L)',
          to_char(day, 'YYYY_MM_DD'), day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
      end $$;
      select jobs.make_history_partition((now() at time zone 'UTC')::date + n) from generate_series(0, 7) n;

      -- Events. A row stays until every group has read its event, so that it can be published again when Redis is lost.
      create table jobs.outbox (
        id uuid primary key,
        type text not null,
        payload jsonb not null,
        headers jsonb not null default '{}',
        created_at timestamptz not null default now(),
        -- Until when one relay has it in hand; when that relay died, another takes it then.
        claimed_until timestamptz,
        published_at timestamptz
      ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
              autovacuum_vacuum_cost_delay = 0);
      create index outbox_open on jobs.outbox (id) where published_at is null;
      create index outbox_published on jobs.outbox (published_at) where published_at is not null;

      -- What other groups may read.
      create view jobs.v_live as
        select id, type, group_name, queue, lane, state, unique_key, tags, entity, attempts, max_attempts, run_at,
               lease_until, worker, progress, errors, created_at, started_at
        from jobs.jobs;
    `);
  },
};
