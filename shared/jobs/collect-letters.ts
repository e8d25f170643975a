// Moves dead letters from Redis to Postgres, where they outlive a lost Redis. Relays do it every few seconds, and
// whoever lists letters first. Until then the outbox still has their event and would publish it again: nothing is lost.
import type { Redis } from "ioredis";
import { contracts } from "../contracts/index.ts";
import { query, type Sql } from "../db/knex.ts";
import { makeId } from "../lib/ids.ts";
import { type DeadLetter, deadLetters } from "../streams/dead-letters.ts";
import { readEvent } from "../streams/stream-entry.ts";
import { streamKeys } from "../streams/stream-keys.ts";
import { storable } from "./retry-policy.ts";

const groups: readonly string[] = [...new Set(Object.values(contracts).map(({ group }) => group))];
/** Letters at once: each may carry as much as an event does, and every process collects. */
const batch = 20;
const mostRounds = 50;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The one thing that is JSON and that Postgres cannot hold. */
const hasNul = (json = ""): boolean => json.includes("\\u0000");

/** The event that a letter is, when it can be read and so be published again. */
const eventIdOf = ({ stream, fields }: DeadLetter): string | null => {
  const read = readEvent(Object.entries(fields).flat());
  if (!read.ok || hasNul(fields.data) || hasNul(fields.headers)) return null;
  const { id, type, at } = read.value;
  const isWhole = uuid.test(id) && /^\d{4}-\d\d-\d\dT/.test(at) && !Number.isNaN(Date.parse(at));
  return isWhole && stream === `${streamKeys.events}${type.split(".")[0]}` ? id : null;
};

const diedAt = (letter: DeadLetter): string =>
  Number.isNaN(Date.parse(letter.at)) ? new Date(Number(letter.id.split("-")[0])).toISOString() : letter.at;

const store = (db: Sql, letters: readonly DeadLetter[]): Promise<unknown> =>
  query(
    db,
    `insert into jobs.dead_letters (id, group_name, letter_id, stream, entry_id, type, event_id, error, attempts, died_at, fields)
     select v.* from json_to_recordset(?::json) as v (id uuid, group_name text, letter_id text, stream text, entry_id text,
       type text, event_id uuid, error text, attempts int, died_at timestamptz, fields jsonb)
     on conflict do nothing`,
    [
      JSON.stringify(
        letters.map((letter) => ({
          id: makeId(),
          group_name: letter.group,
          letter_id: letter.id,
          stream: letter.stream,
          entry_id: letter.entryId,
          type: letter.type ?? null,
          event_id: eventIdOf(letter),
          error: storable(letter.error, 2_000),
          attempts: letter.attempts,
          died_at: diedAt(letter),
          fields: letter.fields,
        })),
      ),
    ],
  );

/**
 * Collects what the groups of the platform have, in bounded steps; returns how many, and leaves very many to the next
 * call. Doing it twice, or in two processes, is harmless.
 */
export const collectDeadLetters = async (db: Sql, redis: Redis): Promise<number> => {
  const waiting = deadLetters(redis);
  let total = 0;
  for (const group of groups)
    for (let round = 0; round < mostRounds; round++) {
      const letters = await waiting.oldest([group], batch);
      if (letters.length === 0) break;
      await store(db, letters);
      await waiting.forget(letters);
      total += letters.length;
    }
  return total;
};
