// Dead letters in Postgres, and replays of them through the outbox.
// Reason: they were only in Redis, which may be emptied; what a group could not handle must stay until somebody decides.
// Reason for the two columns of the outbox: a replay is the same event, by its own id, for one group alone. A relay of
// the version before gives it to every group under a new id; consumers take that as another event of the same fact.
import type { Migration } from "../migrate.ts";

export const letters: Migration = {
  name: "0019_letters",
  up: async (trx) => {
    await trx.raw(`
      create table jobs.dead_letters (
        id uuid primary key,
        group_name text not null,
        -- Where it lay among the dead letters in Redis, and the entry it was: collected twice, it is still one row.
        letter_id text not null,
        stream text not null,
        entry_id text not null,
        type text,
        -- The event's id; null when the entry could not be read.
        event_id uuid,
        error text not null,
        attempts int not null,
        died_at timestamptz not null,
        -- The entry as it was; bytes that are no text as base64:…
        fields jsonb not null,
        state text not null default 'dead' check (state in ('dead', 'replayed', 'dropped')),
        settled_at timestamptz,
        settled_by uuid,
        unique (group_name, letter_id, entry_id)
      );
      create index dead_letters_open on jobs.dead_letters (group_name, id) where state = 'dead';
      create index dead_letters_event on jobs.dead_letters (event_id, group_name) where event_id is not null;
      create index dead_letters_settled on jobs.dead_letters (settled_at) where state <> 'dead';

      alter table jobs.outbox add column event_id uuid, add column only_group text;
    `);
  },
};
