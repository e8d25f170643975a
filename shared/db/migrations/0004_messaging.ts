// Schema messaging: the ledger of every message, the keys that make it unique, and what senders need.
// Reason for message_keys: a unique index on a partitioned table must contain the partition key, so uniqueness lives beside it.
// Reason for partitioning by id: ids are version 7 uuids and begin with the time, so a look-up by id touches one month only.
import type { Migration } from "../migrate.ts";

export const messaging: Migration = {
  name: "0004_messaging",
  up: async (trx) => {
    await trx.raw(`
      create schema messaging;

      create table messaging.messages (
        id uuid not null primary key,
        source text not null check (source in ('campaign', 'transactional', 'alert', 'newsletter', 'timeline', 'provisioning')),
        source_id uuid not null,
        step text not null default '',
        channel text not null check (channel in ('email', 'sms', 'call')),
        contact_id uuid,
        address text,
        state text not null check (state in
          ('queued', 'claimed', 'handing_off', 'accepted', 'delivered', 'skipped', 'failed', 'bounced', 'unknown', 'cancelled')),
        reason text,
        detail text,
        attempts smallint not null default 0,
        not_before timestamptz not null default now(),
        lease_until timestamptz,
        attempt_id uuid,
        content_id uuid,
        vars jsonb,
        provider text,
        provider_message_id text,
        created_at timestamptz not null default now(),
        accepted_at timestamptz,
        updated_at timestamptz not null default now(),
        -- What the indexes below go by: 0 queued, 1 under way, 2 did not arrive, 3 taken. A row changes it as seldom as
        -- possible, so that claimed → handing_off touches no index (a heap-only update).
        phase smallint not null generated always as (case state
          when 'queued' then 0 when 'claimed' then 1 when 'handing_off' then 1 when 'accepted' then 3 when 'delivered' then 3 else 2 end) stored
      ) partition by range (id);
      create table messaging.messages_default partition of messaging.messages default with (fillfactor = 60);

      -- What a sender can take, per source, oldest due first: constant work whatever the depth of the queue.
      create index messages_queue on messaging.messages (source_id, not_before, id) where phase = 0;
      create index messages_under_way on messaging.messages (source_id) where phase = 1;
      create index messages_not_arrived on messaging.messages (source_id, id) where phase = 2;
      create index messages_source on messaging.messages (source_id, id);

      create table messaging.message_keys (
        source text not null,
        source_id uuid not null,
        step text not null default '',
        channel text not null,
        contact_id uuid,
        -- Claimed by the message: null for those who are left out, so that they keep nobody else from it.
        address text,
        idempotency_key text,
        message_id uuid not null,
        -- Whom the message is for, sent or not: looking somebody up goes by this table, which is written once per message.
        recipient text
      );
      create unique index message_keys_contact on messaging.message_keys (source_id, contact_id, step, channel, source);
      create unique index message_keys_address on messaging.message_keys (source_id, address, step, channel, source);
      create unique index message_keys_idempotency on messaging.message_keys (idempotency_key) where idempotency_key is not null;
      create index message_keys_person on messaging.message_keys (contact_id, message_id);
      create index message_keys_recipient on messaging.message_keys (recipient, message_id);

      -- Content as it was frozen when sending began; never changed.
      create table messaging.contents (
        id uuid primary key,
        channel text not null,
        subject text,
        html text,
        text text,
        body text,
        -- Tracked destinations in the order of their appearance; a token names one by its position.
        links jsonb not null default '[]',
        fingerprint text not null,
        created_at timestamptz not null default now()
      );
      create unique index contents_fingerprint on messaging.contents (fingerprint);

      -- One row per source that sends: how, how fast, and whether it may. Senders look here, never into campaigns.
      create table messaging.dispatches (
        source text not null,
        source_id uuid not null primary key,
        channel text not null,
        lane text not null check (lane in ('alert', 'transactional', 'reply', 'newsletter', 'campaign')),
        status text not null default 'running' check (status in ('running', 'paused', 'cancelled', 'done')),
        rate_per_second real,
        content_id uuid,
        sender_account_id uuid,
        -- Bulk mail carries unsubscribe, tracking and a postal address.
        bulk boolean not null default true,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      create index dispatches_running on messaging.dispatches (channel) where status in ('running', 'paused');
      insert into messaging.dispatches (source, source_id, channel, lane, bulk) values
        ('transactional', '00000000-0000-7000-8000-000000000001', 'email', 'transactional', false),
        ('alert', '00000000-0000-7000-8000-000000000002', 'email', 'alert', false);

      create table messaging.delivery_events (
        id uuid primary key,
        message_id uuid not null,
        source_id uuid not null,
        type text not null check (type in ('opened', 'clicked', 'replied', 'complained', 'unsubscribed', 'delivered', 'bounced')),
        provider text not null,
        provider_event_id text not null,
        url text,
        user_agent text,
        address_hash text,
        -- Null until somebody can tell a person from a machine.
        human boolean,
        at timestamptz not null,
        unique (provider, provider_event_id)
      );
      create index delivery_events_message on messaging.delivery_events (message_id, type);
      create index delivery_events_source on messaging.delivery_events (source_id, type, message_id);

      create table messaging.sender_accounts (
        id uuid primary key,
        channel text not null default 'email',
        name text not null,
        from_name text not null,
        from_address text not null,
        reply_to text,
        postal_address text,
        rate_per_second real,
        is_default boolean not null default false,
        is_placeholder boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      create unique index sender_accounts_default on messaging.sender_accounts (channel) where is_default;
      insert into messaging.sender_accounts (id, channel, name, from_name, from_address, postal_address, is_default, is_placeholder)
        values (make_uuid7(), 'email', 'Sandbox', 'Learning Center', 'hello@learning-center.example',
          'Learning Center, 1 Sample Street, Springfield', true, true);

      create view messaging.v_delivery_events as
        select id, message_id, type, human, at from messaging.delivery_events;
      create view messaging.v_messages as
        select id, source, source_id, step, channel, contact_id, address, state, reason, created_at, accepted_at from messaging.messages;
    `);
    // Months ahead are made by the job messages.partition; these are what a fresh database starts with.
    await trx.raw(`
      create function messaging.make_partition(month date) returns void language plpgsql as $$
      declare
        first_id uuid := (lpad(to_hex((extract(epoch from date_trunc('month', month::timestamp) at time zone 'UTC') * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
        last_id uuid := (lpad(to_hex((extract(epoch from (date_trunc('month', month::timestamp) + interval '1 month') at time zone 'UTC') * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
      begin
        execute format('create table if not exists messaging.messages_%s partition of messaging.messages for values from (%L) to (%L) with (fillfactor = 60)',
          to_char(month, 'YYYY_MM'), first_id, last_id);
      exception when check_violation then
        -- The system was away so long that rows of this month are in the default partition already: they stay there.
        raise warning 'messages of % are kept in the default partition', to_char(month, 'YYYY-MM');
      end $$;
      select messaging.make_partition((date_trunc('month', now() at time zone 'UTC') + make_interval(months => n))::date) from generate_series(0, 2) n;
    `);
  },
};
