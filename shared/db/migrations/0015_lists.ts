// Lists of a million contacts: saved views, bulk acts with their snapshots and exports, and what counting fast needs.
// Reason for contacts_live: counting who is there, by community, kind and stage, reads 60 MB of index instead of the rows;
// and a page of one community comes from it, as it did from contacts_community.
// Reason for attr_pairs: attributes compare without regard to case, which the index on attrs as it is cannot serve.
// Reason for contact_activity: "opened last before" would otherwise join every event with every message.
import type { Migration } from "../migrate.ts";

export const lists: Migration = {
  name: "0015_lists",
  up: async (trx) => {
    await trx.raw(`
      create index contacts_live on contacts.contacts (community_id, id) include (kind, stage) where deleted_at is null;
      drop index contacts.contacts_community;
      -- Most people have no external id and many no phone: what is empty needs no entry, and an import is faster by it.
      drop index contacts.contacts_phone;
      create unique index contacts_phone on contacts.contacts (phone, kind) where deleted_at is null and phone is not null;
      drop index contacts.contacts_external;
      create unique index contacts_external on contacts.contacts (source, external_id)
        where deleted_at is null and external_id is not null;

      -- name, unit separator, value in small letters; cut so that an entry always fits an index page.
      create function contacts.attr_pairs(attrs jsonb) returns text[] language sql immutable strict parallel safe as $$
        select array(select key || chr(31) || left(lower(value), 200)
          from jsonb_each_text(case when jsonb_typeof(attrs) = 'object' then attrs else '{}' end) where value <> '')
      $$;
      -- Imports write these indexes in larger pieces; a search right after one reads up to 16 MB more, until the next vacuum.
      create index contacts_attr_pairs on contacts.contacts using gin (contacts.attr_pairs(attrs)) with (gin_pending_list_limit = 16384);
      alter index contacts.contacts_search set (gin_pending_list_limit = 16384);
      -- Nothing ever asked it.
      drop index contacts.contacts_attrs;

      create view contacts.v_tags as select id, name from contacts.tags;
      create view contacts.v_tag_members as select tag_id, contact_id from contacts.contact_tags;

      create table contacts.contact_views (
        id uuid primary key,
        owner_id uuid,
        name text not null,
        filters jsonb not null default '{}',
        shared boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      create unique index contact_views_name on contacts.contact_views (owner_id, lower(name));

      create table contacts.bulk_acts (
        id uuid primary key,
        act text not null check (act in ('tag', 'untag', 'suppress', 'setCommunity', 'export', 'remove')),
        tag text,
        community_id uuid,
        channel text check (channel in ('email', 'sms', 'call')),
        status text not null default 'queued' check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
        total integer not null,
        -- Chunks of the snapshot that are done: where a run that follows a crash carries on.
        chunks_done integer not null default 0,
        done integer not null default 0,
        already integer not null default 0,
        skipped jsonb not null default '{}',
        -- Attribute columns of an export.
        attributes text[],
        bytes bigint,
        created_at timestamptz not null default now(),
        finished_at timestamptz
      );
      -- The contacts that were confirmed, as they were at that moment.
      create table contacts.bulk_chunks (
        bulk_id uuid not null references contacts.bulk_acts (id) on delete cascade,
        seq integer not null,
        contact_ids uuid[] not null,
        primary key (bulk_id, seq)
      );
      create table contacts.export_chunks (
        bulk_id uuid not null references contacts.bulk_acts (id) on delete cascade,
        seq integer not null,
        data text not null,
        primary key (bulk_id, seq)
      );

      create view consent.v_held as select contact_id, email, sms, call from consent.current;
      create view consent.v_suppressed as select channel, address from consent.suppressions;
      create view campaigns.v_audience_segments as
        select id, name, status, (audience ->> 'segmentId')::uuid as segment_id
        from campaigns.campaigns where audience ->> 'segmentId' is not null;
    `);
    await trx.raw(`
      create table messaging.contact_activity (
        contact_id uuid primary key,
        email_opened_at timestamptz,
        email_clicked_at timestamptz,
        replied_at timestamptz
      ) with (fillfactor = 80);

      -- Events known to come from a machine do not count; unknown ones do.
      create function messaging.note_activity() returns trigger language plpgsql as $$
      begin
        insert into messaging.contact_activity as held (contact_id, email_opened_at, email_clicked_at, replied_at)
        select m.contact_id,
          max(e.at) filter (where e.type = 'opened' and m.channel = 'email'),
          max(e.at) filter (where e.type = 'clicked' and m.channel = 'email'),
          max(e.at) filter (where e.type = 'replied')
        from fresh e join messaging.messages m on m.id = e.message_id
        where e.type in ('opened', 'clicked', 'replied') and e.human is not false and m.contact_id is not null
        group by m.contact_id order by m.contact_id
        on conflict (contact_id) do update set
          email_opened_at = greatest(held.email_opened_at, excluded.email_opened_at),
          email_clicked_at = greatest(held.email_clicked_at, excluded.email_clicked_at),
          replied_at = greatest(held.replied_at, excluded.replied_at);
        return null;
      end $$;
      create trigger note_activity after insert on messaging.delivery_events
        referencing new table as fresh for each statement execute function messaging.note_activity();

      -- A person was told from a machine afterwards: what counts is looked up again for the contacts concerned.
      create function messaging.recount_activity() returns trigger language plpgsql as $$
      begin
        update messaging.contact_activity held set
          email_opened_at = counted.email_opened_at, email_clicked_at = counted.email_clicked_at, replied_at = counted.replied_at
        from (
          select touched.contact_id,
            max(e.at) filter (where e.type = 'opened' and m.channel = 'email') as email_opened_at,
            max(e.at) filter (where e.type = 'clicked' and m.channel = 'email') as email_clicked_at,
            max(e.at) filter (where e.type = 'replied') as replied_at
          from (
            select distinct m.contact_id from fresh n join stale o on o.id = n.id join messaging.messages m on m.id = n.message_id
            where n.human is distinct from o.human and m.contact_id is not null
          ) touched
          join messaging.message_keys k on k.contact_id = touched.contact_id
          join messaging.messages m on m.id = k.message_id
          left join messaging.delivery_events e on e.message_id = m.id and e.human is not false
          group by touched.contact_id
        ) counted
        where held.contact_id = counted.contact_id;
        return null;
      end $$;
      create trigger recount_activity after update on messaging.delivery_events
        referencing new table as fresh old table as stale for each statement execute function messaging.recount_activity();

      insert into messaging.contact_activity (contact_id, email_opened_at, email_clicked_at, replied_at)
        select m.contact_id,
          max(e.at) filter (where e.type = 'opened' and m.channel = 'email'),
          max(e.at) filter (where e.type = 'clicked' and m.channel = 'email'),
          max(e.at) filter (where e.type = 'replied')
        from messaging.delivery_events e join messaging.messages m on m.id = e.message_id
        where e.type in ('opened', 'clicked', 'replied') and e.human is not false and m.contact_id is not null
        group by m.contact_id;
      create view messaging.v_contact_activity as
        select contact_id, email_opened_at, email_clicked_at, replied_at from messaging.contact_activity;
    `);
  },
};
