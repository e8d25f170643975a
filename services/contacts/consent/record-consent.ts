// Records that a contact granted or revoked consent, as a person of the team knows it. A grant lifts no suppression.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { recordConsents } from "../../../shared/consent/consents.ts";
import type { consent } from "../../../shared/contracts/consent.ts";
import { contactNotFound } from "../contacts/get-contact.ts";
import { lockContact } from "../contacts/store.ts";

/** How many ledger rows were written: one per channel. Throws CONTACT_NOT_FOUND. */
export const recordConsent = async (
  deps: Deps,
  params: z.output<typeof consent.actions.record.params>,
): Promise<{ recorded: number }> => {
  const { id, state, basis, source, wording } = params;
  const channels = [...new Set(params.channels)];
  await deps.db.transaction(async (trx) => {
    if (!(await lockContact(trx, id, deps.scope))) throw contactNotFound(id);
    await recordConsents(
      trx,
      channels.map((channel) => ({ contactId: id, channel, state, basis, source, wording: wording ?? null })),
    );
  });
  return { recorded: channels.length };
};
