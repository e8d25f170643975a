// What keeps messages from one contact: the suppressions of its addresses, on every channel.
import type { Deps } from "../../../shared/broker/deps.ts";
import { type SuppressionEntry, suppressionsOf } from "../../../shared/consent/suppressions.ts";
import { addressesOf } from "../activity/list-activity.ts";
import { getContact } from "../contacts/get-contact.ts";

/** Newest first. Throws CONTACT_NOT_FOUND. */
export const suppressionsOfContact = async (
  deps: Deps,
  { id }: { readonly id: string },
): Promise<{ data: SuppressionEntry[] }> => {
  const addresses = addressesOf(await getContact(deps, { id }));
  return { data: [...(await suppressionsOf(deps.db, addresses))] };
};
