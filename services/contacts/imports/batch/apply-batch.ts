// Writes one batch of rows, its consent, its refused rows and the import's progress in one transaction: after a crash
// at any point the counts and the contacts agree, and no row counts twice.
import type { Deps } from "../../../../shared/broker/deps.ts";
import { grantConsents } from "../../../../shared/consent/consents.ts";
import type { Trx } from "../../../../shared/db/knex.ts";
import { publish } from "../../../../shared/jobs/outbox.ts";
import { makeIds } from "../../../../shared/lib/id-batch.ts";
import { storeRefusedRows } from "../refused/store.ts";
import type { BadRow, ImportRow } from "../row-input.ts";
import { advanceImport, lockProgress, type RunningImport } from "../store.ts";
import { matchRows } from "./match-rows.ts";
import { findKnown, writeContacts } from "./store.ts";

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

const write = async (trx: Trx, deps: Deps, running: RunningImport, done: number, batch: Batch): Promise<boolean> => {
  // Whoever holds this lock is the one that goes on; a second runner, or one whose import was cancelled, stops here.
  if (!(await lockProgress(trx, running.id, done))) return false;
  const good = batch.rows.filter((row): row is ImportRow => !isBad(row));
  const known = await findKnown(trx, {
    emails: distinct(good.map((row) => row.email)),
    phones: distinct(good.map((row) => row.phone)),
    externalIds: distinct(good.map((row) => row.externalId)),
  });
  const ids = makeIds(good.length).values();
  const makeId = () => ids.next().value ?? deps.id();
  const matched = matchRows(good, known, { dedupe: running.options.dedupe, makeId });
  const { options } = running;
  await writeContacts(trx, matched, { importId: running.id, communityId: options.communityId });
  if (options.consent)
    await grantConsents(
      trx,
      [...matched.inserts, ...matched.updates].map((contact) => contact.id),
      options.consent,
    );
  const refused = [...batch.rows.filter(isBad), ...matched.refused];
  await storeRefusedRows(trx, running.id, refused);
  await advanceImport(trx, running.id, { ...matched.counts, failed: refused.length, bytesDone: batch.bytesDone });
  if (batch.announce) await publish(trx, "import.progressed", { importId: running.id });
  return true;
};

/** Unique violation, deadlock, or a tag or community that was deleted meanwhile: another look will see what is there now. */
const mayPass = (error: unknown) => ["23505", "40P01", "23503"].includes(String((error as { code?: unknown }).code));

/**
 * Applies a batch when `done` rows of the import are done. Returns false, and writes nothing, when the import is no
 * longer running or somebody else has carried it on. A batch that meets changes of others is repeated, then halved, so
 * that only the row that is really in the way is refused.
 */
export const applyBatch = async (deps: Deps, running: RunningImport, done: number, batch: Batch): Promise<boolean> => {
  let failure: unknown;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      return await deps.db.transaction((trx) => write(trx, deps, running, done, batch));
    } catch (error) {
      if (!mayPass(error)) throw error;
      failure = error;
    }
  }
  const { rows } = batch;
  const [only] = rows;
  if (rows.length > 1) {
    const half = Math.ceil(rows.length / 2);
    const first = { ...batch, rows: rows.slice(0, half), announce: false };
    return (
      (await applyBatch(deps, running, done, first)) &&
      applyBatch(deps, running, done + half, { ...batch, rows: rows.slice(half) })
    );
  }
  if (!only || isBad(only)) throw failure;
  const message =
    "its email, phone or external id belongs to another contact, and the row would take it over; expected one that is free";
  return applyBatch(deps, running, done, {
    ...batch,
    rows: [{ row: only.row, cells: only.cells, errors: [{ column: "", message }] }],
  });
};
