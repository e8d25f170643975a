// What keeps messages from one contact: the suppressions of its addresses, on every channel.
import type { Deps } from "../../../shared/broker/deps.ts";
import { type SuppressionEntry, suppressionsOf } from "../../../shared/consent/suppressions.ts";
import { getContact } from "../contacts/get-contact.ts";

/** Newest first. Throws CONTACT_NOT_FOUND. */
export const suppressionsOfContact = async (
  deps: Deps,
  { id }: { readonly id: string },
): Promise<{ data: SuppressionEntry[] }> => {
  const { email, phone } = await getContact(deps, { id });
  const addresses = [email, phone].filter((address): address is string => address !== null);
  return { data: [...(await suppressionsOf(deps.db, addresses))] };
};
