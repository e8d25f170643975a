// Stops an import: rows that were taken stay, the rest of the file is dropped. The run notices at its next batch.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { readImport } from "./get-import.ts";
import { endImport, type ImportView } from "./store.ts";

/** The cancelled import. Cancelling it again is fine. Throws IMPORT_NOT_FOUND, or IMPORT_FINISHED when it ended otherwise. */
export const cancelImport = (deps: Deps, { id }: { readonly id: string }): Promise<ImportView> =>
  deps.db.transaction(async (trx) => {
    await readImport(trx, id, deps.scope);
    if (await endImport(trx, id, "cancelled", null))
      await publish(trx, "import.finished", { importId: id, status: "cancelled" });
    const found = await readImport(trx, id, deps.scope);
    if (found.status !== "cancelled")
      throw fail("IMPORT_FINISHED", `The import is ${found.status} already; there is nothing left to stop.`);
    return found;
  });
