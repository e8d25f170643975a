// Upkeep of imports: what is kept for a while goes when its time is over, so that nobody's data lives on in old uploads.
import type { JobRun } from "../../../shared/jobs/define.ts";
import { pruneChanges, pruneMemory, pruneRefusedRows, pruneUploads, UNDO_DAYS } from "./store.ts";

/** Days that refused rows can be downloaded. */
const REFUSED_DAYS = 90;
/** Days after which a file's form is forgotten when it was not used again. */
const MEMORY_DAYS = 730;
const BATCH = 20_000;

/**
 * Drops uploads that were never submitted, before-images after 30 days, refused rows after 90. Chunk by chunk; may run at
 * any time. The bytes of a file go when its import ends.
 */
export const pruneImports = async (run: JobRun): Promise<void> => {
  const { db } = run.deps;
  const uploads = await pruneUploads(db);
  let images = 0;
  for (let gone = BATCH; gone === BATCH && !run.signal.aborted; images += gone)
    gone = await db.transaction((trx) => pruneChanges(trx, UNDO_DAYS, BATCH));
  let refused = 0;
  for (let gone = BATCH; gone === BATCH && !run.signal.aborted; refused += gone)
    gone = await pruneRefusedRows(db, REFUSED_DAYS, BATCH);
  await pruneMemory(db, MEMORY_DAYS);
  run.log(`${uploads} uploads, ${images} before-images and ${refused} refused rows dropped`);
};
