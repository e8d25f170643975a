// Creates a contact with its tags and consent, in one transaction with the event that tells of it.

import type { Deps } from "../../../shared/broker/deps.ts";
import { recordConsents } from "../../../shared/consent/consents.ts";
import type { Contact } from "../../../shared/contracts/contacts.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { atHome } from "./at-home.ts";
import { contactConflict } from "./contact-conflict.ts";
import { type CreateParams, contactColumns, requireIdentity } from "./contact-input.ts";
import { readContact } from "./get-contact.ts";
import { insertContact, setTags } from "./store.ts";

/** The new contact. Throws VALIDATION_FAILED, or CONTACT_EXISTS when its email, phone or external id is taken. */
export const createContact = async (deps: Deps, params: CreateParams): Promise<Contact> => {
  const columns = atHome(contactColumns(params), deps.scope, true);
  requireIdentity(columns);
  const attrs = Object.fromEntries(Object.entries(params.attrs ?? {}).filter(([, value]) => value !== null));
  const id = deps.id();
  try {
    return await deps.db.transaction(async (trx) => {
      await insertContact(trx, id, columns, attrs);
      if (params.tags?.length) await setTags(trx, id, params.tags);
      const { consent } = params;
      if (consent)
        await recordConsents(
          trx,
          [...new Set(consent.channels)].map((channel) => ({
            contactId: id,
            channel,
            state: "granted" as const,
            basis: consent.basis,
            source: consent.source,
          })),
        );
      await publish(trx, "contact.created", { contactId: id });
      return readContact(trx, id, deps.scope);
    });
  } catch (error) {
    throw await contactConflict(deps, error, columns);
  }
};
