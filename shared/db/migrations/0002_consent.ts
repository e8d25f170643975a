// Schema consent: the append-only consent ledger, what it amounts to now, and suppressed addresses.
// Reason for consent.current: audiences of a million are decided by one hash join instead of a million look-ups.
import type { Migration } from "../migrate.ts";

export const consent: Migration = {
  name: "0002_consent",
  up: async (trx) => {
    await trx.raw(`
      create schema consent;

      create table consent.consents (
        id uuid primary key,
        contact_id uuid not null,
        channel text not null check (channel in ('email', 'sms', 'call')),
        topic text not null default 'marketing',
        state text not null check (state in ('granted', 'revoked')),
        basis text,
        source text,
        wording text,
        ip text,
        at timestamptz not null default now()
      );
      create index consents_contact on consent.consents (contact_id, id);

      -- One row per contact; a channel is granted, revoked, or null when nothing was ever said.
      create table consent.current (
        contact_id uuid primary key,
        email text check (email in ('granted', 'revoked')),
        sms text check (sms in ('granted', 'revoked')),
        call text check (call in ('granted', 'revoked')),
        updated_at timestamptz not null default now()
      );

      create table consent.suppressions (
        id uuid primary key,
        channel text not null check (channel in ('email', 'sms', 'call')),
        address text not null,
        reason text not null check (reason in ('manual', 'hard_bounce', 'complaint', 'unsubscribed', 'stop')),
        created_at timestamptz not null default now(),
        unique (channel, address)
      );
    `);
  },
};
