// A million contacts with five tags each, made inside Postgres: communities, attributes, names, and the opens and clicks of
// a campaign that everybody got. Sizes of tags fall from about a fifth of all contacts to a fortieth.
import type { Db } from "../../../shared/db/knex.ts";

export const TAGS_EACH = 5;
const TAG_GROUP = 20;

/** Tags are `tag-<slot>-<n>`, n from 0 (the largest) to 19; a contact has one of each slot. */
export const tagName = (slot: number, n: number): string => `tag-${slot}-${n}`;

const people = `
  insert into contacts.contacts (id, community_id, kind, email, first_name, last_name, org_name, stage, score, attrs, created_at)
  select make_uuid7(), k.ids[1 + n % 20], case when n % 5 = 0 then 'business' else 'person' end, 'person' || n || '@example.org',
    (array['Ada','Grace','Katherine','Hedy','Radia','Barbara','Margaret','Jean','Zoë','Anna'])[1 + n % 10] ,
    'Family' || (n % 40000), case when n % 5 = 0 then 'Company ' || n end,
    (array['awareness','engagement','sales','retention','churn'])[1 + n % 5], n % 100,
    jsonb_build_object('city', 'City ' || (n % 500), 'plan', (array['free','basic','plus'])[1 + n % 3], 'employees', n % 300),
    now() - make_interval(secs => n)
  from generate_series(1, ?::int) n, (select array_agg(id order by name) as ids from contacts.communities where not is_default) k`;

const memberships = `
  insert into contacts.contact_tags (contact_id, tag_id)
  select c.id, g.tags[1 + floor(${TAG_GROUP} * power(random(), 2))::int]
  from contacts.contacts c,
    (select array_agg(id order by split_part(name, '-', 3)::int) as tags from contacts.tags group by split_part(name, '-', 2)) g`;

const mail = `
  insert into messaging.messages (id, source, source_id, channel, contact_id, address, state, accepted_at)
  select make_uuid7(), 'campaign', '0198c0de-0000-7000-8000-000000000001'::uuid, 'email', id, email, 'accepted', now() from contacts.contacts`;

const events = `
  insert into messaging.delivery_events (id, message_id, source_id, type, provider, provider_event_id, human, at)
  select make_uuid7(), id, source_id, kind, 'bench', kind || id, true, now() - make_interval(days => (random() * 90)::int)
  from (
    select id, source_id, kind, share, ('x' || substr(md5(id::text || kind), 1, 6))::bit(24)::int / 16777216.0 as draw
    from messaging.messages, (values ('opened', 0.3), ('clicked', 0.06)) as k (kind, share)
  ) drawn where draw < share`;

/** Fills a migrated, empty database with `contacts` contacts and five times as many tag memberships. */
export const seedContacts = async (db: Db, contacts: number): Promise<void> => {
  await db.raw("select setseed(0.5)");
  await db.raw(
    "insert into contacts.communities (id, name) select make_uuid7(), 'Town ' || n from generate_series(1, 20) n",
  );
  await db.raw(
    `insert into contacts.tags (id, name) select make_uuid7(), 'tag-' || slot || '-' || n
     from generate_series(0, ${TAGS_EACH - 1}) slot, generate_series(0, ${TAG_GROUP - 1}) n`,
  );
  await db.raw(people, [contacts]);
  await db.transaction(async (trx) => {
    // Five million look-ups whether a contact and a tag exist are not what is measured.
    await trx.raw("set local session_replication_role = replica");
    await trx.raw(memberships);
  });
  await db.raw(mail);
  await db.raw(events);
  for (const table of [
    "contacts.contacts",
    "contacts.contact_tags",
    "contacts.tags",
    "contacts.communities",
    "messaging.messages",
    "messaging.delivery_events",
    "messaging.contact_activity",
  ])
    await db.raw(`vacuum (analyze) ${table}`);
};
