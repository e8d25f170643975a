// Asks for a person to be erased: at once they are in no list and no audience any more, and nothing more is sent to
// them; a job takes them out of everything that is kept.
import type { Caller } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { normalisePhone } from "../../../shared/lib/phone.ts";
import { contactNotFound } from "../contacts/get-contact.ts";
import { beginErasure, lockPerson, type PersonRow } from "./store.ts";

/** Throws ABILITY_MISSING unless an owner or manager asks, or a call from within. */
export const demandManager = (caller: Caller | undefined, act: string): void => {
  if (!caller || caller.role === "owner" || caller.role === "manager") return;
  throw fail("ABILITY_MISSING", `Only owners and managers ${act}. Your role is ${caller.role}; ask one of them.`);
};

/** What somebody may type to say that they mean this person. */
const confirmations = (person: PersonRow): string[] => {
  const name = [person.first_name, person.last_name].filter(Boolean).join(" ");
  return [person.email, person.phone, name, person.org_name, person.external_id].filter((one): one is string => !!one);
};

const confirmed = (person: PersonRow, typed: string): boolean => {
  const email = normaliseEmail(typed);
  const phone = normalisePhone(typed);
  const spellings = [
    typed.trim().toLowerCase(),
    ...("email" in email ? [email.email] : []),
    ...("phone" in phone ? [phone.phone] : []),
  ];
  return confirmations(person).some((one) => spellings.includes(one.toLowerCase()));
};

/**
 * Starts the erasure; asking again changes nothing. Throws CONTACT_NOT_FOUND, and VALIDATION_FAILED when `confirm` is
 * neither the email, the phone nor the name of the contact.
 */
export const requestErasure = async (
  deps: Deps,
  { id, confirm }: { readonly id: string; readonly confirm: string },
  caller: Caller | undefined,
): Promise<{ id: string; status: "erasing" }> => {
  demandManager(caller, "may erase a person");
  await deps.db.transaction(async (trx) => {
    const person = await lockPerson(trx, id, deps.scope);
    if (!person) throw contactNotFound(id);
    if (!confirmed(person, confirm))
      throw fail(
        "VALIDATION_FAILED",
        "confirm: found another text; expected the email, phone or name of this contact",
        {
          errors: [{ path: "confirm", message: "is not the email, phone or name of this contact" }],
        },
      );
    await beginErasure(trx, id, caller?.userId);
    await enqueue(trx, "contacts.erase", { contactId: id }, { uniqueKey: id, lane: "high", entity: `contact:${id}` });
  });
  return { id, status: "erasing" };
};
