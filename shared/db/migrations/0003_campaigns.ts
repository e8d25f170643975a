// Schema campaigns: templates with frozen versions, and campaigns with their life cycle.
import type { Migration } from "../migrate.ts";

export const campaigns: Migration = {
  name: "0003_campaigns",
  up: async (trx) => {
    await trx.raw(`
      create schema campaigns;

      create table campaigns.templates (
        id uuid primary key,
        name text not null,
        channel text not null default 'email' check (channel in ('email', 'sms', 'call')),
        subject text,
        html text,
        text text,
        version integer not null default 1,
        published_version integer,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      create unique index templates_name on campaigns.templates (lower(name));
      -- Immutable once published: what was sent can be shown again.
      create table campaigns.template_versions (
        template_id uuid not null,
        version integer not null,
        subject text,
        html text,
        text text,
        published_at timestamptz not null default now(),
        primary key (template_id, version)
      );

      create table campaigns.campaigns (
        id uuid primary key,
        name text not null,
        channel text not null check (channel in ('email', 'sms', 'call')),
        status text not null default 'draft'
          check (status in ('draft', 'scheduled', 'preparing', 'running', 'paused', 'completed', 'cancelled', 'held')),
        held_reason text,
        -- Set while paused during preparation: where resume leads back to.
        audience jsonb not null,
        content jsonb not null,
        schedule jsonb,
        rate jsonb,
        content_id uuid,
        recipients integer,
        -- The audience is frozen as of here, and filled in keyset order up to the cursor; null cursor when complete.
        audience_at timestamptz,
        audience_cursor uuid,
        audience_complete boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        launched_at timestamptz,
        completed_at timestamptz
      );
      create index campaigns_due on campaigns.campaigns ((schedule ->> 'at')) where status = 'scheduled';
      create index campaigns_open on campaigns.campaigns (status) where status in ('preparing', 'running', 'paused', 'held');
    `);
  },
};
