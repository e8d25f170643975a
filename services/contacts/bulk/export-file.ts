// The file of an export, read chunk by chunk, so that no process ever holds the whole of it.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { readBulk } from "./show-bulk.ts";
import { exportChunk, exportChunks } from "./store.ts";

/** How many chunks and bytes. Throws BULK_ACT_NOT_FOUND, or EXPORT_NOT_READY when there is no file (any more). */
export const exportFile = async (
  deps: Deps,
  { id }: { readonly id: string },
): Promise<{ chunks: number; bytes: number }> => {
  const act = await readBulk(deps.db, id, deps.scope);
  if (!act.hasFile || act.bytes === null)
    throw fail(
      "EXPORT_NOT_READY",
      act.act !== "export"
        ? "It is not an export."
        : act.status === "completed"
          ? "Its file is gone: exports are kept for a week. Export again."
          : `It is ${act.status}; the file is there when it is completed.`,
    );
  return { chunks: await exportChunks(deps.db, id), bytes: act.bytes };
};

/** The text of one chunk. Throws EXPORT_NOT_READY when it is gone, BULK_ACT_NOT_FOUND when it is not the caller's. */
export const readExportChunk = async (
  deps: Deps,
  { id, seq }: { readonly id: string; readonly seq: number },
): Promise<{ text: string }> => {
  // The act is looked at for each chunk: whoever may see it less is refused in the middle of the file.
  if (deps.scope) await readBulk(deps.db, id, deps.scope);
  const text = await exportChunk(deps.db, id, seq);
  if (text === undefined) throw fail("EXPORT_NOT_READY", "The file was thrown away while it was read. Export again.");
  return { text };
};
