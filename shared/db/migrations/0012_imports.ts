// Imports that can be undone, that remember how a file was read, and that are fast.
// Reason for the set-based keys: a foreign key looks up and locks one row at a time, a third of what a million rows cost
// Postgres; here each statement checks and locks every value it refers to once, with the same guarantees.
import type { Migration } from "../migrate.ts";

export const importsUndo: Migration = {
  name: "0012_imports",
  up: async (trx) => {
    await trx.raw(`
      -- Which import tagged a contact; null when a person did, or when several imports say so.
      alter table contacts.contact_tags add column import_id uuid;
      -- The import that a ledger row came with; null for what was said otherwise.
      alter table consent.consents add column import_id uuid;

      alter table contacts.imports
        -- Lowest and highest id of the contacts that it inserted: ids rise with time, so they lie close together.
        add column first_id uuid,
        add column last_id uuid,
        -- How far undoing has come: phase and id, then what became of whom.
        add column undo_cursor text,
        add column undo jsonb,
        -- True once its before-images are gone: it cannot be undone any more.
        add column images_pruned boolean not null default false;
      -- Imports from before have no before-images of what they updated.
      update contacts.imports set images_pruned = true where status <> 'uploading' and status <> 'queued';

      -- What an import changed on contacts that were there before it: the fields as they were, and as it left them.
      create table contacts.import_changes (
        import_id uuid not null references contacts.imports (id) on delete cascade,
        contact_id uuid not null,
        before jsonb not null,
        after jsonb not null,
        attrs_before jsonb not null,
        attrs_after jsonb not null,
        primary key (import_id, contact_id)
      );
      create index import_changes_contact on contacts.import_changes (contact_id);

      -- Consent that a person recorded for everybody of an import, after it.
      create table contacts.import_claims (
        id uuid primary key,
        import_id uuid not null references contacts.imports (id) on delete cascade,
        channels text[] not null,
        basis text not null,
        source text not null,
        wording text,
        claimed_by uuid,
        claimed_at timestamptz not null default now(),
        cursor uuid,
        finished_at timestamptz,
        granted integer not null default 0,
        left_out integer not null default 0
      );
      create index import_claims_import on contacts.import_claims (import_id);

      -- How files with these columns were read last time; the key is a digest of the headers.
      create table contacts.import_mappings (
        fingerprint text primary key,
        file_name text not null,
        mapping jsonb not null,
        options jsonb not null,
        used_at timestamptz not null default now()
      );
      -- Where a column of this name went last time; an empty field: it was left out.
      create table contacts.import_columns (
        header text primary key,
        field text not null,
        used_at timestamptz not null default now()
      );

      -- The bytes live for minutes: packing them costs more than it saves.
      alter table contacts.import_chunks alter column data set storage external;

      create view contacts.v_import_contacts as
        select c.id as contact_id, i.id as import_id, i.file_name, i.created_at as imported_at
        from contacts.contacts c join contacts.imports i on i.id = c.import_id
        where c.deleted_at is null and i.status in ('completed', 'failed', 'cancelled');
      create view consent.v_ledger_imports as select contact_id, channel, state, import_id, at from consent.consents;
      -- Messages by the person they are for.
      create view messaging.v_contact_messages as
        select contact_id, message_id from messaging.message_keys where contact_id is not null;
    `);
    await trx.raw(`
      alter table contacts.contacts drop constraint contacts_community_id_fkey;
      alter table contacts.contact_tags drop constraint contact_tags_contact_id_fkey, drop constraint contact_tags_tag_id_fkey;

      -- Plans are kept for a session, and the tables grow under them: never a plan that reads a whole table.
      create function contacts.require_community(wanted uuid[]) returns void language plpgsql set enable_seqscan = off as $$
      declare missing uuid;
      begin
        with held as materialized (
          select id from contacts.communities where id = any(wanted) order by id for key share
        )
        select w into missing from unnest(wanted) w where w not in (select id from held) limit 1;
        if missing is not null then
          raise foreign_key_violation using message = format('there is no community %s', missing), constraint = 'contacts_community_id_fkey',
            schema = 'contacts', table = 'contacts';
        end if;
      end $$;

      create function contacts.contacts_inserted() returns trigger language plpgsql as $$
      begin
        perform contacts.require_community(array(select distinct community_id from added));
        return null;
      end $$;
      create trigger contacts_inserted after insert on contacts.contacts
        referencing new table as added for each statement execute function contacts.contacts_inserted();

      create function contacts.contact_moved() returns trigger language plpgsql as $$
      begin
        perform contacts.require_community(array[new.community_id]);
        return null;
      end $$;
      create trigger contact_moved after update of community_id on contacts.contacts
        for each row when (old.community_id is distinct from new.community_id) execute function contacts.contact_moved();

      -- Runs while the community's row is locked: whoever refers to it has committed, or waits and finds it gone.
      create function contacts.community_removed() returns trigger language plpgsql as $$
      begin
        if exists (select from contacts.contacts where community_id = old.id) then
          raise foreign_key_violation using message = format('contacts belong to the community %s', old.id), constraint = 'contacts_community_id_fkey',
            schema = 'contacts', table = 'contacts';
        end if;
        return old;
      end $$;
      create trigger community_removed before delete on contacts.communities
        for each row execute function contacts.community_removed();

      create function contacts.contacts_tagged() returns trigger language plpgsql set enable_seqscan = off as $$
      declare missing uuid; missing_tag uuid;
      begin
        with wanted as materialized (select distinct tag_id as id from added),
        held as materialized (
          select id from contacts.tags where id = any(array(select id from wanted)) order by id for key share
        )
        select id into missing_tag from wanted where id not in (select id from held) limit 1;
        if missing_tag is not null then
          raise foreign_key_violation using message = format('there is no tag %s', missing_tag), constraint = 'contact_tags_tag_id_fkey',
            schema = 'contacts', table = 'contact_tags';
        end if;
        -- Contacts of this very transaction are seen by nobody else: they need no lock.
        perform from contacts.contacts c
          where c.id = any(array(select contact_id from added)) and c.xmin <> pg_current_xact_id()::xid order by c.id for key share;
        select a.contact_id into missing from added a
          where not coalesce((select true from contacts.contacts c where c.id = a.contact_id), false) limit 1;
        if missing is not null then
          raise foreign_key_violation using message = format('there is no contact %s', missing), constraint = 'contact_tags_contact_id_fkey',
            schema = 'contacts', table = 'contact_tags';
        end if;
        return null;
      end $$;
      create trigger contacts_tagged after insert on contacts.contact_tags
        referencing new table as added for each statement execute function contacts.contacts_tagged();

      create function contacts.tag_removed() returns trigger language plpgsql set enable_seqscan = off as $$
      begin
        delete from contacts.contact_tags where tag_id = old.id;
        return null;
      end $$;
      create trigger tag_removed after delete on contacts.tags for each row execute function contacts.tag_removed();

      create function contacts.contacts_removed() returns trigger language plpgsql set enable_seqscan = off as $$
      begin
        delete from contacts.contact_tags where contact_id = any(array(select id from gone));
        delete from contacts.import_changes where contact_id = any(array(select id from gone));
        return null;
      end $$;
      create trigger contacts_removed after delete on contacts.contacts
        referencing old table as gone for each statement execute function contacts.contacts_removed();
    `);
  },
};
