// Writes one batch of rows, its consent, its refused rows and the import's progress in one transaction: after a crash
// at any point the counts and the contacts agree, and no row counts twice.
import type { Deps } from "../../../../shared/broker/deps.ts";
import { grantConsents, grantToNew } from "../../../../shared/consent/claims.ts";
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { publish } from "../../../../shared/jobs/outbox.ts";
import { makeIds } from "../../../../shared/lib/id-batch.ts";
import { communityExists, namesOf } from "../../communities/store.ts";
import { FileProblem } from "../file-problem.ts";
import { storeRefusedRows } from "../refused/store.ts";
import type { BadRow, ImportRow } from "../row-input.ts";
import { advanceImport, lockProgress, type RunningImport, trimDurability } from "../store.ts";
import { type KnownContact, type MatchedBatch, matchRows } from "./match-rows.ts";
import { findKnown, MATCH_IS_OLD, writeContacts } from "./store.ts";

export interface Batch {
  /** Rows in the order of the file, good and bad. */
  readonly rows: readonly (ImportRow | BadRow)[];
  /** Bytes of the file that lie behind it. */
  readonly bytesDone: number;
  /** True when browsers are to be told. */
  readonly announce: boolean;
}

const isBad = (row: ImportRow | BadRow): row is BadRow => "errors" in row;
const distinct = (values: readonly (string | undefined)[]): string[] => [
  ...new Set(values.filter((value): value is string => value !== undefined)),
];

/** Rows that name a community other than the import's: whoever made it does not see that one, and makes none. */
const namedElsewhere = async (
  sql: Sql,
  rows: readonly ImportRow[],
  communities: readonly string[],
): Promise<readonly BadRow[]> => {
  if (!rows.some((row) => row.community !== undefined)) return [];
  const names = await namesOf(sql, communities);
  const own = new Set(names.map((name) => name.toLowerCase()));
  return rows
    .filter(({ community }) => community !== undefined && !own.has(community.toLowerCase()))
    .map(({ row, cells, community }) => {
      const message = `found the community ${JSON.stringify(community)}; expected ${names.map((name) => JSON.stringify(name)).join(" or ")}`;
      return { row, cells, errors: [{ column: "", message }] };
    });
};

/**
 * Finds out what a batch does, from the contacts that share a value with one of its rows. `before` is what the batch before
 * it leaves, which may not be committed yet: it counts more than what the database says of the same contacts.
 */
export const prepareBatch = async (
  sql: Sql,
  deps: Deps,
  running: RunningImport,
  { rows }: Batch,
  before: readonly KnownContact[] = [],
): Promise<MatchedBatch> => {
  const { communities } = running;
  const whole = rows.filter((row): row is ImportRow => !isBad(row));
  const outside = communities ? await namedElsewhere(sql, whole, communities) : [];
  const out = new Set(outside.map(({ row }) => row));
  const good = out.size === 0 ? whole : whole.filter(({ row }) => !out.has(row));
  const found = await findKnown(
    sql,
    {
      emails: distinct(good.map((row) => row.email)),
      phones: distinct(good.map((row) => row.phone)),
      externalIds: distinct(good.map((row) => row.externalId)),
    },
    communities,
  );
  const newer = new Set(before.map((contact) => contact.id));
  const known = [...before, ...found.filter((contact) => !newer.has(contact.id))];
  const ids = makeIds(good.length).values();
  const makeId = () => ids.next().value ?? deps.id();
  const matched = matchRows(good, known, { dedupe: running.options.dedupe, makeId });
  return outside.length === 0 ? matched : { ...matched, refused: [...outside, ...matched.refused] };
};

const write = async (
  trx: Trx,
  deps: Deps,
  running: RunningImport,
  done: number,
  batch: Batch,
  prepared: MatchedBatch | undefined,
): Promise<boolean> => {
  await trimDurability(trx);
  // Whoever holds this lock is the one that goes on; a second runner, or one whose import was cancelled, stops here.
  if (!(await lockProgress(trx, running.id, done))) return false;
  const matched = prepared ?? (await prepareBatch(trx, deps, running, batch));
  const { options, id: importId } = running;
  await writeContacts(trx, matched, { importId, communityId: options.communityId, within: running.communities });
  if (options.consent) {
    const claim = { ...options.consent, importId };
    await grantToNew(
      trx,
      matched.inserts.map((contact) => contact.id),
      claim,
    );
    await grantConsents(
      trx,
      matched.updates.map((contact) => contact.id),
      claim,
    );
  }
  const refused = [...batch.rows.filter(isBad), ...matched.refused];
  await storeRefusedRows(trx, running.id, refused);
  await advanceImport(trx, running.id, {
    ...matched.counts,
    failed: refused.length,
    bytesDone: batch.bytesDone,
    // Ids rise in the order in which they are made.
    firstId: matched.inserts[0]?.id,
    lastId: matched.inserts.at(-1)?.id,
  });
  if (batch.announce) await publish(trx, "import.progressed", { importId: running.id });
  return true;
};

/** Unique violation, deadlock, contacts that went, or a tag or community that was deleted meanwhile: another look will see what is there now. */
const mayPass = (error: unknown) =>
  ["23505", "40P01", "23503", MATCH_IS_OLD].includes(String((error as { code?: unknown }).code));

/** `stopped`: nothing was written. `repeated`: written, but not as it was prepared. */
export type Applied = "stopped" | "done" | "repeated";

/**
 * Applies a batch when `done` rows of the import are done; `stopped` when the import is no longer running or somebody else
 * has carried it on. A batch that meets changes of others is looked at again, then halved, so that only the row that is
 * really in the way is refused. Throws FileProblem when the community of the import is gone.
 */
export const applyBatch = async (
  deps: Deps,
  running: RunningImport,
  done: number,
  batch: Batch,
  prepared?: MatchedBatch,
): Promise<Applied> => {
  let failure: unknown;
  for (const known of [...(prepared ? [prepared] : []), undefined, undefined]) {
    try {
      const written = await deps.db.transaction((trx) => write(trx, deps, running, done, batch, known));
      return written ? (known ? "done" : "repeated") : "stopped";
    } catch (error) {
      if (!mayPass(error)) throw error;
      failure = error;
    }
  }
  const { communityId } = running.options;
  if (communityId !== undefined && !(await communityExists(deps.db, communityId)))
    throw new FileProblem(
      "The community that new contacts were to join has been deleted. Import the file again with another one: rows that were taken are only brought up to date.",
    );
  const { rows } = batch;
  const [only] = rows;
  if (rows.length > 1) {
    const half = Math.ceil(rows.length / 2);
    const first = await applyBatch(deps, running, done, { ...batch, rows: rows.slice(0, half), announce: false });
    return first === "stopped" ? first : applyBatch(deps, running, done + half, { ...batch, rows: rows.slice(half) });
  }
  if (!only || isBad(only)) throw failure;
  const message =
    "its email, phone or external id belongs to another contact, and the row would take it over; expected one that is free";
  return applyBatch(deps, running, done, {
    ...batch,
    rows: [{ row: only.row, cells: only.cells, errors: [{ column: "", message }] }],
  });
};
