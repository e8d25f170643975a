// Sender accounts: a limit per day with its counter, DKIM selectors, and what came of the last test mail.
// Reason for the counter in Postgres and not in Redis: a day's limit must hold after Redis was lost, and be exact.
import type { Migration } from "../migrate.ts";

export const sending: Migration = {
  name: "0009_sending",
  up: async (trx) => {
    await trx.raw(`
      alter table messaging.sender_accounts
        add column daily_limit integer check (daily_limit > 0),
        -- Comma-separated; null: those that the provider is known to use.
        add column dkim_selector text,
        add column tested_at timestamptz,
        add column test_ok boolean,
        add column test_answer text;

      -- Messages taken per account and day (UTC). Granted is what the last request got.
      create table messaging.sender_days (
        account_id uuid not null references messaging.sender_accounts (id) on delete cascade,
        day date not null,
        taken integer not null,
        granted integer not null,
        primary key (account_id, day)
      );

      -- What the server said to the latest test mails of an account; the message itself is in the ledger.
      create table messaging.sender_tests (
        message_id uuid primary key,
        account_id uuid not null references messaging.sender_accounts (id) on delete cascade,
        report jsonb not null,
        at timestamptz not null default now()
      );
      create index sender_tests_account on messaging.sender_tests (account_id, at desc);

      -- Test mails are in the ledger, but no sender takes them: a job of their own hands each over, once.
      insert into messaging.dispatches (source, source_id, channel, lane, status, bulk) values
        ('transactional', '00000000-0000-7000-8000-000000000003', 'email', 'transactional', 'paused', false);
    `);
  },
};
