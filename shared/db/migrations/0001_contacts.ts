// Schema contacts: people and businesses, communities, tags, segments, imports.
// Reason for the unique indexes: one live contact per email, per phone and kind, per external id, so nobody is reached twice.
import type { Migration } from "../migrate.ts";

export const contacts: Migration = {
  name: "0001_contacts",
  up: async (trx) => {
    await trx.raw(`
      create schema contacts;

      -- Version 7 uuid for set-based inserts (RFC 9562): 48 bits of milliseconds, then version, variant and random bits.
      create function public.make_uuid7() returns uuid language sql volatile parallel safe as $$
        select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
          placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
      $$;

      create table contacts.communities (
        id uuid primary key,
        name text not null,
        is_default boolean not null default false,
        created_at timestamptz not null default now()
      );
      create unique index communities_name on contacts.communities (lower(name));
      create unique index communities_default on contacts.communities (is_default) where is_default;
      insert into contacts.communities (id, name, is_default) values (make_uuid7(), 'Everyone', true);

      create table contacts.tags (
        id uuid primary key,
        name text not null,
        created_at timestamptz not null default now()
      );
      create unique index tags_name on contacts.tags (lower(name));

      create table contacts.contacts (
        id uuid primary key,
        community_id uuid not null references contacts.communities (id),
        kind text not null default 'person' check (kind in ('person', 'business')),
        email text,
        phone text,
        source text not null default 'manual',
        external_id text,
        first_name text,
        last_name text,
        org_name text,
        timezone text,
        stage text not null default 'awareness' check (stage in ('awareness', 'engagement', 'sales', 'retention', 'churn')),
        score integer not null default 0,
        attrs jsonb not null default '{}',
        import_id uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        deleted_at timestamptz,
        search tsvector generated always as (to_tsvector('simple',
          coalesce(email, '') || ' ' || coalesce(replace(email, '@', ' '), '') || ' ' || coalesce(phone, '') || ' ' ||
          coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(org_name, ''))) stored
      );
      create unique index contacts_email on contacts.contacts (email) where deleted_at is null;
      create unique index contacts_phone on contacts.contacts (phone, kind) where deleted_at is null;
      create unique index contacts_external on contacts.contacts (source, external_id) where deleted_at is null;
      create index contacts_community on contacts.contacts (community_id, id);
      create index contacts_attrs on contacts.contacts using gin (attrs jsonb_path_ops);
      create index contacts_search on contacts.contacts using gin (search);

      create table contacts.contact_tags (
        contact_id uuid not null references contacts.contacts (id) on delete cascade,
        tag_id uuid not null references contacts.tags (id) on delete cascade,
        primary key (tag_id, contact_id)
      );
      create index contact_tags_contact on contacts.contact_tags (contact_id);

      create table contacts.segments (
        id uuid primary key,
        name text not null,
        rule jsonb not null,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      create unique index segments_name on contacts.segments (lower(name));

      create table contacts.imports (
        id uuid primary key,
        status text not null check (status in ('uploading', 'queued', 'running', 'completed', 'failed', 'cancelled', 'undoing', 'undone')),
        file_name text not null,
        bytes bigint not null default 0,
        mapping jsonb not null default '{}',
        options jsonb not null default '{}',
        encoding text,
        delimiter text,
        reason text,
        total integer not null default 0,
        inserted integer not null default 0,
        updated integer not null default 0,
        skipped integer not null default 0,
        failed integer not null default 0,
        bytes_done bigint not null default 0,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz
      );
      create table contacts.import_chunks (
        import_id uuid not null references contacts.imports (id) on delete cascade,
        seq integer not null,
        data bytea not null,
        primary key (import_id, seq)
      );
      create table contacts.import_errors (
        import_id uuid not null references contacts.imports (id) on delete cascade,
        row_number integer not null,
        errors jsonb not null,
        raw text not null,
        primary key (import_id, row_number)
      );

      -- What other groups may read.
      create view contacts.v_contacts as
        select id, community_id, kind, email, phone, external_id, first_name, last_name, org_name, timezone, stage, score, attrs, created_at
        from contacts.contacts where deleted_at is null;
      create view contacts.v_contact_tags as
        select ct.contact_id, lower(t.name) as tag, t.name as tag_name, t.id as tag_id
        from contacts.contact_tags ct join contacts.tags t on t.id = ct.tag_id;
      create view contacts.v_communities as select id, name from contacts.communities;
      create view contacts.v_segments as select id, name, rule from contacts.segments;
    `);
  },
};
