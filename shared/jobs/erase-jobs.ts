// Takes what names a person out of jobs, their history, the outbox and the dead letters. The words are replaced inside the texts, so that
// a job that still runs keeps its shape. Walks the whole history: background work.
import type { Trx } from "../db/knex.ts";
import { redacted } from "../lib/person-words.ts";

const cleaned = (column: string, type: "jsonb" | "text") =>
  `${column} = regexp_replace(${column}::text, :words, '${redacted}', 'gi')::${type}`;

/**
 * `jsonWords` match what names the person (see redact.ts). Of jobs and events about the person's messages, browser,
 * address and the link's destination go too. Repeating it changes nothing.
 */
export const eraseJobs = async (
  trx: Trx,
  messageIds: readonly string[],
  jsonWords: string | undefined,
): Promise<void> => {
  for (const table of ["jobs.jobs", "jobs.history"] as const) {
    await trx.raw(
      `update ${table} set input = input || '{"url": null, "userAgent": null, "addressHash": null}'
       where type = 'tracking.click-record' and input ->> 'messageId' = any(?::text[])`,
      [[...messageIds]],
    );
    if (jsonWords === undefined) continue;
    await trx.raw(
      `update ${table} set ${cleaned("input", "jsonb")}, ${cleaned("errors", "jsonb")}, ${cleaned("log", "text")},
         ${cleaned("unique_key", "text")}, ${cleaned("entity", "text")}, ${cleaned("tags", "text")}::text[]
       where concat_ws(' ', input::text, errors::text, log, unique_key, entity, tags::text) ~* :words`,
      { words: jsonWords },
    );
  }
  await trx.raw(
    `update jobs.outbox set payload = payload || '{"url": ""}'
     where type = 'message.clicked' and payload ->> 'messageId' = any(?::text[])`,
    [[...messageIds]],
  );
  if (jsonWords === undefined) return;
  await trx.raw(
    `update jobs.outbox set ${cleaned("payload", "jsonb")}, ${cleaned("headers", "jsonb")}
     where concat_ws(' ', payload::text, headers::text) ~* :words`,
    { words: jsonWords },
  );
  await trx.raw(
    `update jobs.dead_letters set ${cleaned("fields", "jsonb")}, ${cleaned("error", "text")}
     where concat_ws(' ', fields::text, error) ~* :words`,
    { words: jsonWords },
  );
};
