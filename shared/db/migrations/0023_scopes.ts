// What people who see only some communities may touch: the communities of a person, and of what such people made.
// Null everywhere means all communities, which is what everything from before this has; nothing is rewritten.
// Reason for v_homes: messages know their contact and not its community, also that of a contact who was deleted since.
import type { Migration } from "../migrate.ts";

export const scopes: Migration = {
  name: "0023_scopes",
  up: async (trx) => {
    await trx.raw(`
      -- An owner's are not looked at: the version before makes owners without knowing of this column.
      alter table accounts.users add column communities uuid[] check (cardinality(communities) > 0);
      alter table accounts.invites add column communities uuid[] check (cardinality(communities) > 0);

      alter table contacts.imports add column communities uuid[];
      alter table contacts.import_mappings add column communities uuid[];
      alter table contacts.segments add column communities uuid[];
      alter table contacts.contact_views add column communities uuid[];
      alter table contacts.bulk_acts add column communities uuid[];
      alter table campaigns.campaigns add column communities uuid[];

      create view contacts.v_homes as select id, community_id from contacts.contacts;
      create view accounts.v_limits as
        select distinct unnest(communities) as community_id from accounts.users where communities is not null and role <> 'owner'
        union select unnest(communities) from accounts.invites where communities is not null and role <> 'owner';
      create or replace view contacts.v_segments as select id, name, rule, communities from contacts.segments;
      create or replace view campaigns.v_campaigns as select id, name, channel, status, communities from campaigns.campaigns;
      create or replace view campaigns.v_audience_segments as
        select id, name, status, (audience ->> 'segmentId')::uuid as segment_id, communities
        from campaigns.campaigns where audience ->> 'segmentId' is not null;
      create or replace view contacts.v_import_contacts as
        select c.id as contact_id, i.id as import_id, i.file_name, i.created_at as imported_at, i.communities
        from contacts.contacts c join contacts.imports i on i.id = c.import_id
        where c.deleted_at is null and i.status in ('completed', 'failed', 'cancelled');
    `);
  },
};
