// Schema accounts: people who sign in, their access tokens, what they did, and the answers of idempotent requests.
// Reason for idempotency_keys in Postgres: a key must outlive Redis, since it stands between a retry and a second launch.
import type { Migration } from "../migrate.ts";

export const accounts: Migration = {
  name: "0007_accounts",
  up: async (trx) => {
    await trx.raw(`
      create schema accounts;

      create table accounts.users (
        id uuid primary key,
        email text not null,
        name text,
        role text not null check (role in ('owner', 'manager', 'editor', 'agent', 'viewer')),
        -- argon2id in its own text format; null until the person has set one.
        password_hash text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        disabled_at timestamptz
      );
      create unique index users_email on accounts.users (lower(email));

      create table accounts.access_tokens (
        id uuid primary key,
        user_id uuid not null references accounts.users (id) on delete cascade,
        name text not null,
        -- SHA-256 of the secret part; the secret itself is shown once and kept nowhere.
        secret_hash bytea not null,
        abilities text[] not null check (abilities <@ array['read', 'write', 'send', 'admin']),
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        last_used_at timestamptz,
        revoked_at timestamptz,
        -- The token it was made with, if any: revoked with it.
        made_by uuid references accounts.access_tokens (id) on delete set null
      );
      create index access_tokens_made_by on accounts.access_tokens (made_by) where made_by is not null;
      create index access_tokens_user on accounts.access_tokens (user_id, id desc) where revoked_at is null;

      create table accounts.audit_log (
        id uuid primary key,
        at timestamptz not null default now(),
        user_id uuid,
        token_id uuid,
        event text not null,
        object_id uuid,
        request_id text,
        detail jsonb not null default '{}'
      );
      create index audit_log_user on accounts.audit_log (user_id, id desc);

      create table accounts.idempotency_keys (
        caller text not null,
        route text not null,
        key text not null,
        request_hash bytea not null,
        -- Who runs it; a second attempt after locked_until takes over under an id of its own, so a late first one cannot answer for it.
        attempt uuid not null,
        locked_until timestamptz not null,
        -- Null while the first request runs.
        status int,
        answer text,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        primary key (caller, route, key)
      );
      create index idempotency_keys_expiry on accounts.idempotency_keys (expires_at);

      -- Upkeep in one call, so that the scheduler needs to know no table of this schema. Answers the rows it removed.
      create function accounts.delete_expired(moment timestamptz, batch int default 10000) returns int language plpgsql as $$
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
        delete from accounts.audit_log where id in (
          select id from accounts.audit_log where at < moment - interval '400 days' limit batch);
        get diagnostics removed = row_count;
        return total + removed;
      end $$;
    `);
  },
};
