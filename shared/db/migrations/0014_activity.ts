// Who got what: what the search over all messages and the page of one person read, and what erasure leaves behind.
// Reason for messages.ending: "every bounced message" must not walk past a million others. It stays 0 on the way of a
// message that is sent, so that the index on it costs the senders nothing (see phase in 0004).
import type { Migration } from "../migrate.ts";

export const activity: Migration = {
  name: "0014_activity",
  up: async (trx) => {
    await trx.raw(`
      alter table messaging.messages add column ending smallint not null generated always as (case state
        when 'skipped' then 1 when 'failed' then 2 when 'bounced' then 3 when 'unknown' then 4 when 'cancelled' then 5 else 0 end) stored;
      create index messages_ending on messaging.messages (ending, id) where phase = 2;

      -- An erased address stays suppressed as 'erased:' and a keyed hash; which message a suppression came from, where one did.
      alter table consent.suppressions drop constraint if exists suppressions_reason_check;
      alter table consent.suppressions add constraint suppressions_reason_check
        check (reason in ('manual', 'hard_bounce', 'complaint', 'unsubscribed', 'stop', 'soft_bounces', 'erased'));
      alter table consent.suppressions add column message_id uuid;
      create index suppressions_erased on consent.suppressions (channel) where address like 'erased:%';

      -- Erasures: who asked, and whether it is done. The person's data is nowhere in here.
      create table contacts.erasures (
        contact_id uuid primary key,
        requested_by uuid,
        requested_at timestamptz not null default now(),
        -- Imports that were open then: what they bring of the person is erased with the rest.
        open_imports uuid[] not null default '{}',
        messages integer,
        finished_at timestamptz
      );

      -- People by the words of a search, for groups that show what belongs to them.
      create view contacts.v_contact_search as
        select id, email, phone, first_name, last_name, org_name, search from contacts.contacts where deleted_at is null;

      -- What happened to a person, for the page of a contact.
      create view messaging.v_person_messages as
        select k.contact_id, k.recipient, m.id, m.source, m.source_id, m.channel, m.address, m.state, m.reason, m.detail, m.vars,
          coalesce(m.content_id, d.content_id) as content_id, m.created_at, coalesce(m.accepted_at, m.created_at) as at
        from messaging.message_keys k join messaging.messages m on m.id = k.message_id
          left join messaging.dispatches d on d.source_id = m.source_id;
      create view messaging.v_person_events as
        select k.contact_id, k.recipient, e.id, e.message_id, e.type, e.url, e.human, e.at
        from messaging.message_keys k join messaging.delivery_events e on e.message_id = k.message_id;
      create view consent.v_consents as
        select id, contact_id, channel, topic, state, basis, source, wording, at from consent.consents;
      create view consent.v_suppressions as
        select id, channel, address, reason, message_id, created_at as at from consent.suppressions;
      create view campaigns.v_campaigns as select id, name, channel, status from campaigns.campaigns;
    `);
  },
};
