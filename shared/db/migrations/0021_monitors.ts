// Monitors: rules that watch queues, jobs, schedules and the stores, the incidents they open, and what was told about them.
// Reason for the one-row clock: whoever locks it evaluates, so any number of replicas opens each incident once, and a
// replica that dies in the middle leaves nothing behind.
// Reason for the index on history: the rules look at the last minutes of it several times a minute.
import type { Migration } from "../migrate.ts";

export const monitors: Migration = {
  name: "0021_monitors",
  up: async (trx) => {
    await trx.raw(`
      create table scheduler.monitors (
        id uuid primary key,
        -- Which of the code's own rules it is; null for one that people made.
        built_in text unique,
        kind text not null,
        name text not null,
        -- The one queue or job type that it is about; null: each of them by itself.
        subject text,
        -- In the unit of the kind: over it is wrong, and at clear_at or below it is well again.
        threshold double precision not null,
        clear_at double precision not null,
        for_seconds integer not null check (for_seconds >= 0),
        clear_for_seconds integer not null check (clear_for_seconds >= 0),
        enabled boolean not null default true,
        silenced_until timestamptz,
        silence_reason text,
        silenced_by uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );

      create table scheduler.incidents (
        id uuid primary key,
        monitor_id uuid not null references scheduler.monitors (id) on delete cascade,
        -- What of the rule's range it is: a queue, a job type, a group; empty when the rule is about one thing.
        subject text not null default '',
        -- pending: over the threshold, but not yet for long enough.
        state text not null check (state in ('pending', 'open', 'recovered')),
        breached_at timestamptz not null,
        opened_at timestamptz,
        -- Since when it is well again; null while it is not.
        clear_since timestamptz,
        recovered_at timestamptz,
        opening_value double precision,
        worst_value double precision not null,
        last_value double precision not null,
        detail text,
        -- How often it came back shortly after a recovery; such a one has to stay well for longer.
        flaps integer not null default 0,
        -- True: nothing more is told about it, because its rule was switched off.
        quiet boolean not null default false,
        opened_notice uuid,
        recovered_notice uuid,
        notified_at timestamptz
      );
      create unique index incidents_one on scheduler.incidents (monitor_id, subject) where state <> 'recovered';
      create index incidents_recovered on scheduler.incidents (recovered_at) where state = 'recovered';
      create index incidents_to_tell on scheduler.incidents (monitor_id)
        where state = 'recovered' and opened_notice is not null and recovered_notice is null and not quiet;

      -- What was told: one notice for everything that changed in one evaluation.
      create table scheduler.notices (
        id uuid primary key,
        at timestamptz not null default now(),
        test boolean not null default false,
        body jsonb not null,
        emailed integer not null default 0,
        -- Null when there is no webhook.
        webhook text check (webhook in ('waiting', 'sent', 'failed')),
        webhook_error text,
        webhook_attempts integer not null default 0,
        -- Until when one process has the call in hand.
        webhook_claimed_until timestamptz,
        webhook_at timestamptz
      );
      create index notices_waiting on scheduler.notices (id) where webhook = 'waiting';

      -- One row: whom to tell, and the silence over everything.
      create table scheduler.alert_channels (
        singleton boolean primary key default true check (singleton),
        email_on boolean not null default true,
        -- Empty: all owners.
        email_to text[] not null default '{}',
        webhook_url text,
        -- The webhook is signed with a key made of it and LC_SECRET_KEYS.
        webhook_salt text not null,
        reminder_hours integer not null default 12 check (reminder_hours between 1 and 168),
        silenced_until timestamptz,
        silence_reason text,
        silenced_by uuid
      );
      insert into scheduler.alert_channels (webhook_salt) values (gen_random_uuid()::text);

      -- One row, locked by whoever evaluates.
      create table scheduler.monitor_clock (
        singleton boolean primary key default true check (singleton),
        evaluated_at timestamptz not null default '-infinity',
        -- Since when somebody has been watching without a gap.
        watching_since timestamptz not null default now(),
        node text,
        -- By rule, what it read last.
        readings jsonb not null default '{}'
      );
      insert into scheduler.monitor_clock default values;

      create index if not exists history_finished on jobs.history using brin (finished_at);

      -- Who is told when nobody else is named.
      create view accounts.v_owners as
        select email from accounts.users where role = 'owner' and disabled_at is null;
    `);
  },
};
