// Changes the given fields of a contact: attributes are merged (null removes one), tags replace the old ones.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Contact } from "../../../shared/contracts/contacts.ts";
import { atHome } from "./at-home.ts";
import { contactConflict } from "./contact-conflict.ts";
import { contactColumns, requireIdentity, type UpdateParams } from "./contact-input.ts";
import { contactNotFound, readContact } from "./get-contact.ts";
import { lockContact, setTags, updateContact as store } from "./store.ts";

/** The changed contact. Throws CONTACT_NOT_FOUND, VALIDATION_FAILED or CONTACT_EXISTS. */
export const updateContact = async (deps: Deps, params: UpdateParams): Promise<Contact> => {
  const columns = atHome(contactColumns(params), deps.scope, false);
  try {
    return await deps.db.transaction(async (trx) => {
      const held = await lockContact(trx, params.id, deps.scope);
      if (!held) throw contactNotFound(params.id);
      requireIdentity({ ...held, ...columns });
      const attrs =
        params.attrs &&
        Object.fromEntries(Object.entries({ ...held.attrs, ...params.attrs }).filter(([, value]) => value !== null));
      await store(trx, params.id, columns, attrs);
      if (params.tags) await setTags(trx, params.id, params.tags);
      return readContact(trx, params.id, deps.scope);
    });
  } catch (error) {
    throw await contactConflict(deps, error, columns);
  }
};
