// Lifts a suppression, because a person of the team says so; nothing else does.
import type { Deps } from "../../../shared/broker/deps.ts";
import { findSuppression, unsuppress } from "../../../shared/consent/suppressions.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { addressWithin } from "../communities/store.ts";

/** Throws SUPPRESSION_NOT_FOUND. */
export const liftSuppression = async (deps: Deps, { id }: { readonly id: string }): Promise<{ ok: true }> => {
  const { scope } = deps;
  const lifted = await deps.db.transaction(async (trx) => {
    if (scope) {
      const held = await findSuppression(trx, id);
      // Whoever sees some communities lifts what holds for people of theirs, and meets the rest nowhere.
      if (!held?.address || !(await addressWithin(trx, held.address, scope.communities))) return 0;
    }
    return unsuppress(trx, [id]);
  });
  if (lifted === 0)
    throw fail("SUPPRESSION_NOT_FOUND", `No suppression has the id ${id}. It may have been lifted already.`);
  return { ok: true };
};
