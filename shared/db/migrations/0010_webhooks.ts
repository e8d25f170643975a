// What comes back about messages: the inbox of callbacks and report mails, and what their effects need.
// Reason for the inbox: a callback is answered once it is stored, and applied by a job as often as it takes.
// Reason for suppressions.unsubscribed: a dead mailbox outweighs an unsubscribe, but lifting it must not forget the "no".
import type { Migration } from "../migrate.ts";

export const webhooks: Migration = {
  name: "0010_webhooks",
  up: async (trx) => {
    await trx.raw(`
      create table messaging.webhook_inbox (
        id uuid primary key,
        provider text not null,
        delivery_id text not null,
        -- Bytes as they came; null once erased.
        body bytea,
        headers jsonb not null default '{}',
        state text not null default 'received' check (state in ('received', 'processed', 'ignored', 'failed')),
        error text,
        -- The messages it was about, for finding it again when a person is erased.
        message_ids uuid[],
        received_at timestamptz not null default now(),
        processed_at timestamptz,
        unique (provider, delivery_id)
      );
      create index webhook_inbox_state on messaging.webhook_inbox (state, id);
      create index webhook_inbox_received on messaging.webhook_inbox (received_at);
      create index webhook_inbox_messages on messaging.webhook_inbox using gin (message_ids);

      -- Whether a bounce was for good; null for other events.
      alter table messaging.delivery_events add column bounce text check (bounce in ('hard', 'soft'));

      -- Ids of providers that call back are long; queue ids of a plain mail server are short and never come back.
      create index messages_provider_id on messaging.messages (provider_message_id) where length(provider_message_id) >= 20;

      alter table consent.suppressions add column unsubscribed boolean not null default false;
      update consent.suppressions set unsubscribed = true where reason = 'unsubscribed';
      alter table consent.suppressions drop constraint suppressions_reason_check;
      alter table consent.suppressions add constraint suppressions_reason_check
        check (reason in ('manual', 'hard_bounce', 'soft_bounces', 'complaint', 'unsubscribed', 'stop'));
    `);
  },
};
