// SQL of the sample workspace's people, communities, tags and segments. Fixed ids tell them from everything else.
import { query, type Sql, type Trx } from "../../../shared/db/knex.ts";
import { sampleSegments } from "../../../shared/lib/sample/sample-content.ts";
import { sampleId, sampleIds } from "../../../shared/lib/sample/sample-ids.ts";
import { sampleCommunities, samplePeople, sampleTags } from "../../../shared/lib/sample/sample-people.ts";

const ids = {
  contacts: samplePeople.map(({ id }) => id),
  communities: sampleIds("community", sampleCommunities.length),
  tags: sampleIds("tag", sampleTags.length),
  segments: sampleIds("segment", sampleSegments.length),
} as const;

type State = "present" | "removing" | "removed";

/** Undefined when the sample was never filled in. */
export const sampleState = async (sql: Sql): Promise<State | undefined> =>
  (await query<{ state: State }>(sql, "select state from contacts.sample"))[0]?.state;

/** True when there is or was anybody here. */
export const anyContact = async (sql: Sql): Promise<boolean> =>
  (await query(sql, "select 1 from contacts.contacts limit 1")).length > 0;

/** True for the one who may fill it in. */
export const markSeeded = async (trx: Trx): Promise<boolean> =>
  (await query(trx, "insert into contacts.sample default values on conflict do nothing returning state")).length > 0;

/** Compare-and-set of the state. */
export const changeState = async (trx: Trx, from: State, to: State): Promise<boolean> =>
  (
    await query(
      trx,
      `update contacts.sample set state = ?, removed_at = case when ?::text = 'removed' then now() end where state = ? returning state`,
      [to, to, from],
    )
  ).length > 0;

const named = (kind: "community" | "tag" | "segment", names: readonly string[]) =>
  JSON.stringify(names.map((name, index) => ({ id: sampleId(kind, index + 1), name })));

/** Writes communities, tags, segments and people. They came in over the five weeks before `now`. */
export const insertSample = async (trx: Trx, now: Date): Promise<void> => {
  await query(
    trx,
    "insert into contacts.communities (id, name) select id, name from json_to_recordset(?::json) as v (id uuid, name text)",
    [named("community", sampleCommunities)],
  );
  await query(
    trx,
    "insert into contacts.tags (id, name) select id, name from json_to_recordset(?::json) as v (id uuid, name text)",
    [named("tag", sampleTags)],
  );
  await query(
    trx,
    "insert into contacts.segments (id, name, rule) select id, name, rule from json_to_recordset(?::json) as v (id uuid, name text, rule jsonb)",
    [JSON.stringify(sampleSegments.map((segment, index) => ({ id: sampleId("segment", index + 1), ...segment })))],
  );
  await query(
    trx,
    `insert into contacts.contacts (id, community_id, email, phone, source, first_name, last_name, org_name, stage, score, attrs, created_at, updated_at)
     select id, community_id, email, phone, 'sample', first_name, last_name, org_name, stage, score, attrs, at, at
     from (select v.*, ?::timestamptz - make_interval(days => 5, hours => 4 * (200 - n)) as at
       from json_to_recordset(?::json) as v (n int, id uuid, community_id uuid, email text, phone text, first_name text, last_name text,
         org_name text, stage text, score int, attrs jsonb)) given`,
    [
      now,
      JSON.stringify(
        samplePeople.map((person) => ({
          n: person.n,
          id: person.id,
          community_id: sampleId("community", person.community),
          email: person.email,
          phone: person.phone,
          first_name: person.firstName,
          last_name: person.lastName,
          org_name: person.orgName,
          stage: person.stage,
          score: person.score,
          attrs: person.attrs,
        })),
      ),
    ],
  );
  const tagged = samplePeople.flatMap(({ id, tags }) => tags.map((n) => ({ contact: id, tag: sampleId("tag", n) })));
  await query(
    trx,
    "insert into contacts.contact_tags (contact_id, tag_id) select contact, tag from json_to_recordset(?::json) as v (contact uuid, tag uuid)",
    [JSON.stringify(tagged)],
  );
};

/** Tags and communities of the sample that only its own people use. */
const ownTags = `id = any(?::uuid[]) and not exists (select 1 from contacts.contact_tags ct
  where ct.tag_id = tags.id and ct.contact_id <> all(?::uuid[]))`;
const ownCommunities = `id = any(?::uuid[]) and not is_default and not exists (select 1 from contacts.contacts c
  where c.community_id = communities.id and c.id <> all(?::uuid[]))`;

/** How much of the sample is there; tags and communities without those that others use. */
export const countSample = async (
  sql: Sql,
): Promise<{ people: number; segments: number; tags: number; communities: number }> => {
  const [row] = await query<{ people: number; segments: number; tags: number; communities: number }>(
    sql,
    `select (select count(*)::int from contacts.contacts where id = any(?::uuid[]) and deleted_at is null) as people,
       (select count(*)::int from contacts.segments where id = any(?::uuid[])) as segments,
       (select count(*)::int from contacts.tags where ${ownTags}) as tags,
       (select count(*)::int from contacts.communities where ${ownCommunities}) as communities`,
    [ids.contacts, ids.segments, ids.tags, ids.contacts, ids.communities, ids.contacts],
  );
  return row ?? { people: 0, segments: 0, tags: 0, communities: 0 };
};

/** Deletes the sample's rows, also edited ones. Returns the ids of the contacts that were still there. */
export const deleteSample = async (trx: Trx): Promise<string[]> => {
  const people = await query<{ id: string; live: boolean }>(
    trx,
    "delete from contacts.contacts where id = any(?::uuid[]) returning id, deleted_at is null as live",
    [ids.contacts],
  );
  await query(trx, "delete from contacts.segments where id = any(?::uuid[])", [ids.segments]);
  await query(trx, `delete from contacts.tags where ${ownTags}`, [ids.tags, ids.contacts]);
  await query(trx, `delete from contacts.communities where ${ownCommunities}`, [ids.communities, ids.contacts]);
  return people.filter(({ live }) => live).map(({ id }) => id);
};
