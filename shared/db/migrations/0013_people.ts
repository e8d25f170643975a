// Invites, links to a new password, and an audit log that can be searched.
// Reason for links as hashes: whoever reads the database must not be able to sign in with what is in it.
import type { Migration } from "../migrate.ts";

export const people: Migration = {
  name: "0013_people",
  up: async (trx) => {
    await trx.raw(`
      alter table accounts.users add column last_signed_in_at timestamptz;

      create table accounts.invites (
        id uuid primary key,
        email text not null,
        name text,
        role text not null check (role in ('owner', 'manager', 'editor', 'agent', 'viewer')),
        -- SHA-256 of the secret in the link; sending the invite again replaces it, so that the older link is dead.
        secret_hash bytea not null,
        invited_by uuid,
        created_at timestamptz not null default now(),
        sent_at timestamptz not null,
        expires_at timestamptz not null
      );
      -- Accepted and revoked invites are deleted: the audit log remembers them.
      create unique index invites_email on accounts.invites (lower(email));

      create table accounts.password_links (
        id uuid primary key,
        user_id uuid not null references accounts.users (id) on delete cascade,
        secret_hash bytea not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      );
      create index password_links_user on accounts.password_links (user_id);

      -- Somebody asked for a new password. Written for known and unknown people alike and worked off by an event, so
      -- that the answer takes the same time; deleted when that is done.
      create table accounts.password_requests (
        id uuid primary key,
        email text not null,
        request_id text,
        created_at timestamptz not null default now()
      );

      alter table accounts.audit_log add column address text;
      create index audit_log_event on accounts.audit_log (event, id desc);
      create index audit_log_at on accounts.audit_log (at);

      create or replace function accounts.delete_expired(moment timestamptz, batch int default 10000) returns int language plpgsql as $$
      declare removed int; total int := 0;
      begin
        delete from accounts.idempotency_keys k
        using (select caller, route, key from accounts.idempotency_keys where expires_at < moment order by expires_at limit batch) old
        where (k.caller, k.route, k.key) = (old.caller, old.route, old.key) and k.expires_at < moment;
        get diagnostics removed = row_count;
        total := total + removed;
        -- Dead tokens stay listed nowhere; a month later nobody asks about them any more.
        delete from accounts.access_tokens where id in (
          select id from accounts.access_tokens
          where expires_at < moment - interval '30 days' or revoked_at < moment - interval '30 days' limit batch);
        get diagnostics removed = row_count;
        total := total + removed;
        -- An expired invite stays listed for a month, so that it can be sent again.
        delete from accounts.invites where expires_at < moment - interval '30 days';
        get diagnostics removed = row_count;
        total := total + removed;
        delete from accounts.password_links where expires_at < moment;
        get diagnostics removed = row_count;
        total := total + removed;
        delete from accounts.password_requests where created_at < moment - interval '1 day';
        get diagnostics removed = row_count;
        total := total + removed;
        delete from accounts.audit_log where id in (
          select id from accounts.audit_log where at < moment - interval '400 days' limit batch);
        get diagnostics removed = row_count;
        return total + removed;
      end $$;
    `);
  },
};
