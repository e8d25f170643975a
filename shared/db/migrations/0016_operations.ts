// What operators do with jobs: hold queues and types, look jobs up by what they are about, cancel, and run again.
// Reason for parking: due jobs of a held queue must leave the index that relays read from its front, or every relay
// would look at them again and again. A parked job has published_at = infinity until its hold is lifted.
import type { Migration } from "../migrate.ts";

export const operations: Migration = {
  name: "0016_operations",
  up: async (trx) => {
    await trx.raw(`
      create table jobs.holds (
        kind text not null check (kind in ('queue', 'type')),
        name text not null,
        held_at timestamptz not null default now(),
        held_by uuid,
        reason text,
        primary key (kind, name)
      );

      -- Looked up by what they are about, by what went wrong, and by tag; most jobs are in none of these. The history
      -- comes first: while its indexes are made, the live jobs are not locked.
      create index history_entity on jobs.history (entity, id) where entity is not null;
      create index history_fingerprint on jobs.history (fingerprint, id) where fingerprint is not null;
      create index history_tags on jobs.history using gin (tags) where tags is not null;
      create index jobs_entity on jobs.jobs (entity, id) where entity is not null;
      create index jobs_parked on jobs.jobs (id) where published_at = 'infinity';
    `);
  },
};
