// The index of parked jobs, by what may hold them. Reason: whether a hold was lifted is asked per queue and type, not per
// job, so that a million jobs that stay held cost the others nothing. Versions before this one read it all the same.
import type { Migration } from "../migrate.ts";

export const parked: Migration = {
  name: "0025_parked",
  up: async (trx) => {
    await trx.raw(`
      create index jobs_parked_kind on jobs.jobs (queue, type, id) where published_at = 'infinity';
      drop index jobs.jobs_parked;
    `);
  },
};
