// Undoing an import, as a person asks for it: what it would do, and the start of the job that does it.
import type { z } from "zod";
import type { Deps } from "../../../../shared/broker/deps.ts";
import { fail } from "../../../../shared/contracts/errors.ts";
import type { imports } from "../../../../shared/contracts/imports.ts";
import { enqueue } from "../../../../shared/jobs/enqueue.ts";
import { publish } from "../../../../shared/jobs/outbox.ts";
import { importNotFound, readImport } from "../get-import.ts";
import { type ImportView, lockStatus, readRange } from "../store.ts";
import { beginUndo, countUndo, type UndoCounts } from "./store.ts";

export const nothingUndone: UndoCounts = {
  removed: 0,
  kept: { messaged: 0, consented: 0, edited: 0 },
  restored: 0,
  partly: 0,
};

const refuseUnlessUndoable = (found: ImportView): void => {
  if (found.status === "queued" || found.status === "running")
    throw fail("IMPORT_NOT_FINISHED", `The import is ${found.status}. Cancel it first, or wait for its end.`);
  if (found.undoableUntil === null)
    throw fail(
      "IMPORT_UNDO_EXPIRED",
      "What contacts were before this import is not kept any more, so it cannot be undone. Change or delete them by hand.",
    );
};

/** What undoing would do at this moment. Throws IMPORT_NOT_FOUND, IMPORT_NOT_FINISHED or IMPORT_UNDO_EXPIRED. */
export const previewUndo = async (
  deps: Deps,
  { id }: { readonly id: string },
): Promise<z.input<typeof imports.actions.previewUndo.result>> => {
  const found = await readImport(deps.db, id, deps.scope);
  if (found.status === "undoing" || found.status === "undone") return found.undo ?? nothingUndone;
  refuseUnlessUndoable(found);
  return countUndo(deps.db, id, await readRange(deps.db, id));
};

/**
 * Begins to undo an import; the job does the rest. Asking again answers the import as it is.
 * Throws IMPORT_NOT_FOUND, IMPORT_NOT_FINISHED or IMPORT_UNDO_EXPIRED.
 */
export const undoImport = (deps: Deps, { id }: { readonly id: string }): Promise<ImportView> =>
  deps.db.transaction(async (trx) => {
    const status = await lockStatus(trx, id, deps.scope);
    if (status === undefined || status === "uploading") throw importNotFound(id);
    if (status !== "undoing" && status !== "undone") {
      refuseUnlessUndoable(await readImport(trx, id, deps.scope));
      await beginUndo(trx, id, nothingUndone);
      await enqueue(trx, "contacts.import-undo", { importId: id }, { uniqueKey: id, entity: `import:${id}` });
      await publish(trx, "import.progressed", { importId: id });
    }
    return readImport(trx, id, deps.scope);
  });
