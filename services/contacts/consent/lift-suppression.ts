// Lifts a suppression, because a person of the team says so; nothing else does.
import type { Deps } from "../../../shared/broker/deps.ts";
import { unsuppress } from "../../../shared/consent/suppressions.ts";
import { fail } from "../../../shared/contracts/errors.ts";

/** Throws SUPPRESSION_NOT_FOUND. */
export const liftSuppression = async (deps: Deps, { id }: { readonly id: string }): Promise<{ ok: true }> => {
  if ((await deps.db.transaction((trx) => unsuppress(trx, [id]))) === 0)
    throw fail("SUPPRESSION_NOT_FOUND", `No suppression has the id ${id}. It may have been lifted already.`);
  return { ok: true };
};
