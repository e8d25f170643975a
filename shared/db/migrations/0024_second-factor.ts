// The second factor: its secret, its recovery codes, and whether everybody needs one.
// Reason for a table of its own: a secret exists only while somebody has switched it on, and goes with the person.
import type { Migration } from "../migrate.ts";

export const secondFactor: Migration = {
  name: "0024_second-factor",
  up: async (trx) => {
    await trx.raw(`
      create table accounts.second_factors (
        user_id uuid primary key references accounts.users (id) on delete cascade,
        -- Sealed under LC_SECRET_KEYS, bound to the person.
        secret bytea not null,
        -- The last step of 30 seconds whose code was used: a code works once.
        last_step bigint not null,
        -- Recovery codes are short, so they are hashed like passwords; one salt per set finds a code by its hash.
        recovery_salt bytea not null,
        created_at timestamptz not null default now()
      );
      create table accounts.recovery_codes (
        user_id uuid not null references accounts.second_factors (user_id) on delete cascade,
        code_hash bytea not null,
        primary key (user_id, code_hash)
      );

      create table accounts.policy (
        only_row boolean primary key default true check (only_row),
        second_factor_required boolean not null default false
      );
      insert into accounts.policy default values;
    `);
  },
};
