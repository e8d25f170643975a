// Suppresses an address that a person of the team names.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { suppressionOf } from "../../../shared/consent/suppression-reason.ts";
import { type SuppressionEntry, suppress } from "../../../shared/consent/suppressions.ts";
import type { consent } from "../../../shared/contracts/consent.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { normalisePhone } from "../../../shared/lib/phone.ts";
import { addressWithin } from "../communities/store.ts";

/** The entry, new or as it was. Throws VALIDATION_FAILED when the address is none of its channel. */
export const suppressAddress = async (
  deps: Deps,
  params: z.output<typeof consent.actions.suppress.params>,
): Promise<SuppressionEntry> => {
  const result = params.channel === "email" ? normaliseEmail(params.address) : normalisePhone(params.address);
  if ("problem" in result)
    throw fail("VALIDATION_FAILED", `address: ${result.problem}`, {
      errors: [{ path: "address", message: result.problem }],
    });
  const address = "email" in result ? result.email : result.phone;
  const { entry, isOld } = await deps.db.transaction(async (trx) => ({
    isOld: deps.scope !== undefined && (await suppressionOf(trx, params.channel, address)) !== undefined,
    entry: (await suppress(trx, [params]))[0],
  }));
  if (!entry)
    throw fail("SUPPRESSION_NOT_FOUND", "The suppression was lifted while it was made. Suppress the address again.");
  if (!deps.scope || (await addressWithin(deps.db, entry.address ?? "", deps.scope.communities))) return entry;
  // Somebody else's address may be suppressed; what was known of it before is not told.
  return {
    ...entry,
    // An old entry's id tells when it was made, and that it was; nothing that such a person may ask for needs it.
    id: isOld ? deps.id() : entry.id,
    address: address ?? null,
    reason: params.reason,
    messageId: null,
    createdAt: deps.clock.now().toISOString(),
  };
};
