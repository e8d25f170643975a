// What operators see of dead letters and do with them. Letters that still lie in Redis are collected first, so that the
// list is what there is.
import type { z } from "zod";
import type { Ctx } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import type { DeadLetter, deadLetters } from "../../../shared/contracts/dead-letters.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { collectDeadLetters } from "../../../shared/jobs/collect-letters.ts";
import {
  countLetters,
  countOpen,
  dropLetters,
  findLetter,
  type LetterDetail,
  type LetterRow,
  listLetters,
  otherDeaths,
  replayLetters,
} from "../../../shared/jobs/dead-letters.ts";
import { masked } from "../../../shared/lib/masked.ts";
import { soon } from "../../../shared/messaging/soon.ts";

type Params<A extends keyof typeof deadLetters.actions> = z.output<(typeof deadLetters.actions)[A]["params"]>;
type ById = Pick<Ctx<{ readonly id: string }>, "params" | "meta">;

const chunk = 1_000;
const acts = { replay: replayLetters, drop: dropLetters } as const;

const shown = ({ diedAt, settledAt, ...row }: LetterRow): DeadLetter => ({
  ...row,
  diedAt: diedAt.toISOString(),
  settledAt: settledAt?.toISOString() ?? null,
});

/** A list that is a few seconds old is better than none: without Redis it shows what is in Postgres. */
const collect = async ({ db, redis, log }: Deps): Promise<void> => {
  await soon(redis, () => collectDeadLetters(db, redis)).catch((error: unknown) =>
    log.debug(`dead letters were not collected: ${(error as Error).message}`),
  );
};

/** One page, newest first, and the groups with open letters. Throws CURSOR_INVALID. */
export const showLetters = async (deps: Deps, { limit, cursor, ...filter }: Params<"list">) => {
  const before = idOfCursor(cursor);
  await collect(deps);
  const [rows, groups] = await Promise.all([
    listLetters(deps.db, filter, { limit: limit + 1, before }),
    countLetters(deps.db),
  ]);
  return { ...pageById(rows.map(shown), limit), groups };
};

const required = async (deps: Deps, id: string): Promise<LetterDetail> => {
  const found = await findLetter(deps.db, id);
  if (found) return found;
  throw fail(
    "DEAD_LETTER_NOT_FOUND",
    `No dead letter has the id ${id}. They are kept for ${config.historyDays} days after they were replayed or dropped.`,
  );
};

const payloadOf = ({ fields }: LetterDetail): unknown => {
  try {
    return masked(JSON.parse(fields.data ?? ""));
  } catch {
    // No JSON: which fields there are is all that can be said of it.
    return masked(fields);
  }
};

/** One letter with the shape of its content and its other deaths. Throws DEAD_LETTER_NOT_FOUND. */
export const showLetter = async (deps: Deps, id: string) => {
  const { fields, ...row } = await required(deps, id);
  const others = await otherDeaths(deps.db, row);
  return { ...shown(row), masked: payloadOf({ ...row, fields }), otherDeaths: others.map(shown) };
};

/** The content itself. Throws DEAD_LETTER_NOT_FOUND. */
export const revealLetter = async (deps: Deps, id: string) => ({ fields: { ...(await required(deps, id)).fields } });

const act = async (deps: Deps, kind: keyof typeof acts, { params: { id }, meta }: ById): Promise<DeadLetter> => {
  const by = { userId: meta.caller?.userId ?? null, limit: 1 };
  const [done] = await deps.db.transaction((trx) => acts[kind](trx, { ids: [id] }, by));
  const { fields: _fields, ...row } = await required(deps, id);
  if (done) return shown(row);
  if (row.state !== "dead")
    throw fail(
      "DEAD_LETTER_SETTLED",
      `It was ${row.state} already. When it dies again, it is a dead letter of its own.`,
    );
  if (row.eventId === null)
    throw fail("DEAD_LETTER_UNREADABLE", "It would be as unreadable as before. Look at its content, then drop it.");
  throw fail("DEAD_LETTER_SETTLED", "Somebody else is deciding about it right now. Look at it again.");
};

/** Publishes the event again for its group. Throws DEAD_LETTER_NOT_FOUND, DEAD_LETTER_SETTLED, DEAD_LETTER_UNREADABLE. */
export const replayLetter = (deps: Deps, ctx: ById): Promise<DeadLetter> => act(deps, "replay", ctx);

/** Closes it. Throws DEAD_LETTER_NOT_FOUND, DEAD_LETTER_SETTLED. */
export const dropLetter = (deps: Deps, ctx: ById): Promise<DeadLetter> => act(deps, "drop", ctx);

/**
 * Acts on open letters, a thousand per transaction: what was done stays done when it is cut short. Only letters that
 * were there at its begin count. Throws VALIDATION_FAILED when it is not said which.
 */
export const actOnLetters = async (deps: Deps, ctx: Pick<Ctx<Params<"bulk">>, "params" | "meta">) => {
  const { act: kind, dryRun, ...filter } = ctx.params;
  if (filter.ids === undefined && filter.group === undefined && filter.type === undefined)
    throw fail("VALIDATION_FAILED", "ids: say which, by ids, group or type", {
      errors: [{ path: "ids", message: "give ids, group or type" }],
    });
  await collect(deps);
  const matched = await countOpen(deps.db, filter, kind === "replay");
  let done = 0;
  while (!dryRun && done < matched) {
    const by = { userId: ctx.meta.caller?.userId ?? null, limit: Math.min(chunk, matched - done) };
    const ids = await deps.db.transaction((trx) => acts[kind](trx, filter, by));
    if (ids.length === 0) break;
    done += ids.length;
  }
  return { matched, done };
};
