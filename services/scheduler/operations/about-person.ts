// What jobs about a person are about: the contact, the messages to it, and the callbacks about those messages. Each is an
// entity that jobs are indexed by, so that the search reads as little with millions of jobs as with ten.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { webhooksAbout } from "../../../shared/messaging/webhook-inbox.ts";
import { addressIn, contactsFound, messagesTo } from "./store.ts";

const mostPeople = 200;
/** Newest messages that are looked at: those of years ago have no job any more. */
const mostMessages = 5_000;

export interface Person {
  readonly contactId?: string | undefined;
  /** Email, phone or name. */
  readonly person?: string | undefined;
}

/** Entities of jobs about the person; none when nobody is found. Throws VALIDATION_FAILED when too many people match. */
export const entitiesOf = async (deps: Deps, { contactId, person }: Person): Promise<string[]> => {
  const found = person === undefined ? undefined : await contactsFound(deps.db, person, mostPeople + 1);
  if (found && found.length > mostPeople)
    throw fail(
      "VALIDATION_FAILED",
      `person: more than ${mostPeople} people match. Give a whole email, number or name, or open the contact.`,
      { errors: [{ path: "person", message: `matches more than ${mostPeople} people; give more of the person` }] },
    );
  const both = found && contactId !== undefined ? found.filter((id) => id === contactId) : found;
  const contacts = both ?? (contactId === undefined ? [] : [contactId.toLowerCase()]);
  const address = person === undefined || contactId !== undefined ? null : addressIn(person);
  const messages = await messagesTo(deps.db, contacts, address, mostMessages);
  const webhooks = await webhooksAbout(deps.db, messages);
  return [
    ...contacts.map((id) => `contact:${id}`),
    ...messages.map((id) => `message:${id}`),
    ...webhooks.map((id) => `webhook:${id}`),
  ];
};
