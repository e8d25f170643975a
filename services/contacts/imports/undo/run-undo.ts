// The job that undoes an import, chunk by chunk: contacts that it made and nobody has had to do with go, the fields, tags
// and consent that it changed on others come back. A chunk, its counts and the place it reached are one transaction, so a
// run after a crash carries on; two runs at once wait for each other.
import type { Deps } from "../../../../shared/broker/deps.ts";
import { forgetHeld, withdrawClaims } from "../../../../shared/consent/claims.ts";
import { isConnectionLost, isDuplicate, type Trx } from "../../../../shared/db/knex.ts";
import { type JobRun, retryLater } from "../../../../shared/jobs/define.ts";
import { publish } from "../../../../shared/jobs/outbox.ts";
import { stillIn } from "../../communities/store.ts";
import {
  advanceUndo,
  deleteContacts,
  dropChanges,
  dropTags,
  endUndo,
  judgeInserted,
  lockUndo,
  nextChanged,
  restoreFields,
  type Undoing,
} from "./store.ts";

const CHUNK = 1_000;
const ANNOUNCE_MS = 1_000;

interface Step {
  readonly importId: string;
  readonly announce: boolean;
  /** Contacts of one chunk. */
  readonly limit: number;
  /** False: fields stay, because one of them now belongs to another contact. */
  readonly fields: boolean;
}

/** Contacts that the import inserted. False when there are no more. */
const removeInserted = async (trx: Trx, { importId, limit }: Step, undoing: Undoing): Promise<boolean> => {
  const { cursor, firstId, lastId, done } = undoing;
  if (lastId === null || (cursor !== null && cursor >= lastId)) return false;
  const judged = await judgeInserted(trx, importId, { first: firstId, after: cursor, last: lastId, limit });
  const gone = judged.filter((contact) => contact.kept === null).map((contact) => contact.id);
  if (gone.length > 0) {
    await withdrawClaims(trx, importId, gone);
    await forgetHeld(trx, gone);
    await deleteContacts(trx, gone);
  }
  const kept = { ...done.kept };
  for (const contact of judged) if (contact.kept) kept[contact.kept] += 1;
  const reached = judged.length < limit ? lastId : (judged.at(-1)?.id ?? lastId);
  await advanceUndo(trx, importId, reached, { ...done, removed: done.removed + gone.length, kept });
  return true;
};

/** Contacts that the import changed. False when there are no more. */
const restoreChanged = async (trx: Trx, { importId, limit, fields }: Step, undoing: Undoing): Promise<boolean> => {
  const { cursor, done, communities } = undoing;
  const changed = await nextChanged(trx, importId, limit);
  if (changed.length === 0) return false;
  const all = changed.map((contact) => contact.id);
  // Whoever moved to a community that whoever made the import does not see stays as they are.
  const ids = communities ? await stillIn(trx, all, communities) : all;
  if (fields) await restoreFields(trx, importId, ids);
  await withdrawClaims(trx, importId, ids);
  await dropTags(trx, importId, ids);
  await dropChanges(trx, importId, all);
  const own = new Set(ids);
  const whole = changed.filter((contact) => contact.whole && own.has(contact.id)).length;
  const there = changed.filter((contact) => contact.whole !== null).length;
  const restored = fields ? whole : 0;
  await advanceUndo(trx, importId, cursor, {
    ...done,
    restored: done.restored + restored,
    partly: done.partly + there - restored,
  });
  return true;
};

/** One chunk. False when the import is undone, or is not being undone at all. */
const step = async (trx: Trx, options: Step): Promise<boolean> => {
  const { importId, announce } = options;
  const undoing = await lockUndo(trx, importId);
  if (!undoing) return false;
  if ((await removeInserted(trx, options, undoing)) || (await restoreChanged(trx, options, undoing))) {
    if (announce) await publish(trx, "import.progressed", { importId });
    return true;
  }
  await endUndo(trx, importId);
  await publish(trx, "import.finished", { importId, status: "undone" });
  return false;
};

/** A chunk in which an email, number or external id was taken by somebody else is made smaller, until only that contact keeps its fields. */
const stepAround = async (deps: Deps, importId: string, announce: boolean): Promise<boolean> => {
  for (let limit = CHUNK; ; limit = Math.ceil(limit / 10)) {
    try {
      return await deps.db.transaction((trx) => step(trx, { importId, announce, limit, fields: true }));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      if (limit === 1) return deps.db.transaction((trx) => step(trx, { importId, announce, limit, fields: false }));
    }
  }
};

/** Undoes an import to its end. Safe to run any number of times, also at once. */
export const runUndo = async ({ importId }: { readonly importId: string }, run: JobRun): Promise<void> => {
  const { deps, signal } = run;
  let announced = deps.clock.monotonic();
  try {
    for (let more = true; more; ) {
      signal.throwIfAborted();
      const announce = deps.clock.monotonic() - announced >= ANNOUNCE_MS;
      if (announce) announced = deps.clock.monotonic();
      more = await stepAround(deps, importId, announce);
    }
  } catch (error) {
    if (!signal.aborted && isConnectionLost(error)) throw retryLater(2_000, "Postgres is away");
    throw error;
  }
};
