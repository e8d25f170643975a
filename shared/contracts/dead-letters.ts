// Contracts of the dead letters: events that a group could not handle, and what people do with them.
import { z } from "zod";
import { action, byId, clean, Id, Instant, listQuery, page } from "./contract.ts";

export const LetterState = z.enum(["dead", "replayed", "dropped"]);

/** Its content is not here: see `get` for its shape, `reveal` for itself. */
export const DeadLetter = z.object({
  id: Id,
  /** The deployment group that could not handle it. */
  group: z.string(),
  /** The event's name; null when the entry has none. */
  type: z.string().nullable(),
  /** The event's id; null when the entry cannot be read, and so not be replayed. */
  eventId: Id.nullable(),
  /** Where it came from in Redis. */
  stream: z.string(),
  entryId: z.string(),
  /** What the last attempt died of. */
  error: z.string(),
  attempts: z.number().int(),
  diedAt: Instant,
  state: LetterState,
  settledAt: Instant.nullable(),
  /** The user who replayed or dropped it. */
  settledBy: Id.nullable(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

const DeadLetterDetail = DeadLetter.extend({
  /** The event's payload with its values masked. */
  masked: z.unknown(),
  /** The other deaths of the same event in this group, newest first: a replay that failed again is one. */
  otherDeaths: z.array(DeadLetter),
});

const word = clean(z.string().trim().min(1).max(200));
const which = { group: word.optional(), type: word.optional() };
const LetterAct = z.enum(["replay", "drop"]);

export const deadLetters = {
  group: "scheduler",
  actions: {
    list: action({
      summary: "Lists dead letters, newest first, with the groups that have any open",
      permission: "read",
      rest: { method: "GET", path: "/dead-letters" },
      params: z.strictObject({ ...listQuery, ...which, state: LetterState.optional() }),
      result: page(DeadLetter).extend({
        groups: z.array(z.object({ group: z.string(), count: z.number().int() })),
      }),
    }),
    get: action({
      summary: "Shows one dead letter: why it died, the shape of its content, and its other deaths",
      permission: "read",
      rest: { method: "GET", path: "/dead-letters/:id" },
      params: byId,
      result: DeadLetterDetail,
    }),
    reveal: action({
      summary: "Shows the content of a dead letter, which may hold personal data; written to the audit log",
      permission: "admin",
      rest: { method: "POST", path: "/dead-letters/:id/reveal" },
      params: byId,
      result: z.object({ fields: z.record(z.string(), z.string()) }),
    }),
    replay: action({
      summary: "Gives the event to its group again, under its own id and with its attempts counted anew",
      permission: "admin",
      rest: { method: "POST", path: "/dead-letters/:id/replay", status: 202 },
      params: byId,
      result: DeadLetter,
    }),
    drop: action({
      summary: "Decides that a dead letter needs nothing more; it stays to be seen as long as finished jobs do",
      permission: "admin",
      rest: { method: "DELETE", path: "/dead-letters/:id" },
      params: byId,
      result: DeadLetter,
    }),
    bulk: action({
      summary:
        "Replays or drops the open dead letters of a group, of a type, of both, or named ones; `dryRun` counts them",
      permission: "admin",
      rest: { method: "POST", path: "/dead-letters/bulk" },
      timeout: 60_000,
      params: z.strictObject({
        act: LetterAct,
        ids: z.array(Id).min(1).max(1000).optional(),
        ...which,
        dryRun: z.boolean().default(false),
      }),
      /** `matched`: letters that the act concerns; unreadable ones are not replayed. `done`: 0 for a dry run. */
      result: z.object({ matched: z.number().int(), done: z.number().int() }),
    }),
  },
  events: {},
  jobs: {},
} as const;
