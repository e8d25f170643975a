// Deletes a contact: it is gone from lists and audiences, and its email and number are free again. What was sent to it
// stays in the ledger, and a suppression of its address stays in force.
import type { Deps } from "../../../shared/broker/deps.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { contactNotFound } from "./get-contact.ts";
import { deleteContact } from "./store.ts";

/** Throws CONTACT_NOT_FOUND when it is already gone. */
export const removeContact = async (deps: Deps, { id }: { readonly id: string }): Promise<{ ok: true }> =>
  deps.db.transaction(async (trx) => {
    if (!(await deleteContact(trx, id, deps.scope))) throw contactNotFound(id);
    await publish(trx, "contact.removed", { contactId: id });
    return { ok: true };
  });
