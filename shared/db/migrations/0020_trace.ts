// Where work came from: the request and the W3C trace in which a job was enqueued, and the trace in which a message or a
// campaign's sending began. Reason: one trace leads from the API call over job and event to the provider, and an
// operator who looks at a job sees the request that caused it. Empty unless there is one; no index, no default.
import type { Migration } from "../migrate.ts";

export const trace: Migration = {
  name: "0020_trace",
  up: async (trx) => {
    await trx.raw(`
      alter table jobs.jobs add column trace text, add column request_id text;
      alter table jobs.history add column trace text, add column request_id text;
      alter table messaging.messages add column trace text;
      alter table messaging.dispatches add column trace text;
    `);
  },
};
