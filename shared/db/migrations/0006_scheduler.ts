// Schema scheduler: the schedules, and one row per moment at which one of them fired or was missed.
// Reason for the primary key of schedule_slots: any number of replicas may hold the clock, and each slot fires once.
import type { Migration } from "../migrate.ts";

export const scheduler: Migration = {
  name: "0006_scheduler",
  up: async (trx) => {
    await trx.raw(`
      create schema scheduler;

      create table scheduler.schedules (
        name text primary key,
        cron text not null,
        timezone text not null default 'UTC',
        job_type text not null,
        input jsonb not null default '{}',
        -- skip: no new job while the one before is still live. allow: a job per slot whatever happens.
        overlap text not null default 'skip' check (overlap in ('skip', 'allow')),
        -- What becomes of slots that nobody was there to fire: none of them, the last one, or all.
        catch_up text not null default 'skip' check (catch_up in ('skip', 'one', 'all')),
        paused boolean not null default false,
        -- Slots up to here are decided; missed ones are looked for after it.
        last_fire_at timestamptz not null default now(),
        next_fire_at timestamptz,
        -- Set when a person changed it: the table in the code no longer overwrites it.
        edited_at timestamptz,
        -- Set when the code no longer has it; it does not fire then.
        retired_at timestamptz,
        created_at timestamptz not null default now()
      );

      create table scheduler.schedule_slots (
        schedule text not null references scheduler.schedules (name) on delete cascade,
        fire_at timestamptz not null,
        outcome text not null check (outcome in ('fired', 'overlapped', 'missed')),
        job_id uuid,
        -- Null when it was missed.
        fired_at timestamptz,
        -- How late it fired, in milliseconds; below zero where the replica's clock was ahead.
        drift_ms integer,
        node text,
        primary key (schedule, fire_at)
      );

      create view scheduler.v_schedules as
        select name, cron, timezone, job_type, overlap, catch_up, paused, last_fire_at, next_fire_at
        from scheduler.schedules where retired_at is null;
    `);
  },
};
