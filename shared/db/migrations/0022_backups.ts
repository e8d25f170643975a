// Schema backups: the list of backups as last seen where they are kept, with the attempts that failed, and what was
// restored. Reason: the list can be shown by every process, also while the storage is away.
import type { Migration } from "../migrate.ts";

export const backups: Migration = {
  name: "0022_backups",
  up: async (trx) => {
    await trx.raw(`
      create schema backups;

      create table backups.runs (
        id uuid primary key,
        -- gone: it was listed once, and is no longer where it was kept.
        state text not null check (state in ('running', 'completed', 'failed', 'gone')),
        -- Null for one that was found in the storage and that another system made.
        job_id uuid,
        started_at timestamptz not null,
        finished_at timestamptz,
        -- The moment of its snapshot.
        taken_at timestamptz,
        -- A folder, or bucket and prefix.
        place text not null,
        name text unique,
        bytes bigint,
        row_count bigint,
        schema_version text,
        platform text,
        error text
      );
      create unique index runs_job on backups.runs (job_id) where state = 'running';
      create index runs_taken on backups.runs (taken_at) where state = 'completed';

      create table backups.restores (
        id uuid primary key,
        restored_at timestamptz not null default now(),
        taken_at timestamptz not null,
        name text not null,
        row_count bigint not null,
        -- True: campaigns went on by themselves.
        resumed boolean not null,
        held_campaigns integer not null,
        -- Messages that were waiting in them.
        held_messages bigint not null,
        -- Messages that may have been sent and wait for a decision.
        unknown_messages bigint not null
      );
    `);
  },
};
