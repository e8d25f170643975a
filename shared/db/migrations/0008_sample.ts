// Whether this installation was given the sample workspace, and whether it is still there.
// Reason for a row of its own: a workspace that was removed must not come back with the next start.
import type { Migration } from "../migrate.ts";

export const sample: Migration = {
  name: "0008_sample",
  up: async (trx) => {
    await trx.raw(`
      create table contacts.sample (
        only_row boolean primary key default true check (only_row),
        state text not null default 'present' check (state in ('present', 'removing', 'removed')),
        seeded_at timestamptz not null default now(),
        removed_at timestamptz
      );
    `);
  },
};
