// The job of a bulk act: chunk by chunk, each with its counts in one transaction. A run that follows a crash carries on
// after the last chunk that was counted, so nothing is done or counted twice.
import type { Deps } from "../../../shared/broker/deps.ts";
import { heavyRead } from "../../../shared/db/heavy-read.ts";
import { isConnectionLost } from "../../../shared/db/knex.ts";
import { type JobRun, retryLater, Unrecoverable } from "../../../shared/jobs/define.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { applyChunk } from "./acts/apply-chunk.ts";
import { exportHead } from "./acts/export-lines.ts";
import {
  advanceBulk,
  CHUNK,
  endBulk,
  exportChunks,
  findBulk,
  keepAttributes,
  lockRunning,
  readChunk,
  storeExportChunk,
} from "./store.ts";

/** An error that nobody foresaw is tried again this often before the act is given up. */
const TRIES = 5;

/** Ends the act and tells of it, when it had not ended. */
const finish = (deps: Deps, id: string, status: "completed" | "failed") =>
  deps.db.transaction(async (trx) => {
    if (await endBulk(trx, id, status)) await publish(trx, "bulk.finished", { bulkId: id, status });
  });

const added = (held: Readonly<Record<string, number>>, more: Readonly<Record<string, number>>) => {
  const sum: Record<string, number> = { ...held };
  for (const [reason, n] of Object.entries(more)) sum[reason] = (sum[reason] ?? 0) + n;
  return sum;
};

/** Does the next chunk. Answers the share that is done, or undefined when there is nothing left to do. */
const nextChunk = (deps: Deps, id: string): Promise<number | undefined> =>
  deps.db.transaction(async (trx) => {
    const row = await lockRunning(trx, id);
    if (!row) return undefined;
    const ids = await readChunk(trx, id, row.chunks_done);
    if (ids) {
      const outcome = await applyChunk(trx, row, ids);
      await advanceBulk(trx, id, outcome, added(row.skipped, outcome.skipped));
      return Math.min(1, ((row.chunks_done + 1) * CHUNK) / Math.max(1, row.total));
    }
    // Nobody in it: still a file, with its heading.
    if (row.act === "export" && (await exportChunks(trx, id)) === 0)
      await storeExportChunk(trx, id, 0, exportHead(row.attributes ?? []));
    if (await endBulk(trx, id, "completed")) await publish(trx, "bulk.finished", { bulkId: id, status: "completed" });
    return undefined;
  });

/** Runs a bulk act to its end. Safe to run any number of times, also at once: each chunk takes effect once. */
export const runBulk = async ({ bulkId }: { readonly bulkId: string }, run: JobRun): Promise<void> => {
  const { deps } = run;
  try {
    const row = await findBulk(deps.db, bulkId, undefined);
    if (row?.act === "export" && row.attributes === null)
      await heavyRead(deps.db, (trx) => keepAttributes(trx, bulkId));
    for (;;) {
      run.signal.throwIfAborted();
      const share = await nextChunk(deps, bulkId);
      if (share === undefined) return;
      run.progress(share);
    }
  } catch (error) {
    if (run.signal.aborted) throw error;
    if (isConnectionLost(error)) throw retryLater(2_000, "Postgres is away");
    if (run.attempt >= TRIES || error instanceof Unrecoverable) {
      run.log(`given up: ${error instanceof Error ? error.message : String(error)}`);
      await finish(deps, bulkId, "failed");
    }
    throw error;
  }
};
