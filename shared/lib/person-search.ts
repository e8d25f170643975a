// What somebody typed to find a person, as the database searches for it: words as prefixes, all of them to be found in
// name, email or number; and whole emails, numbers and ids as they are stored.
import { normaliseEmail } from "./email-address.ts";
import { normalisePhone } from "./phone.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const mostWords = 10;

export interface PersonSearch {
  /** For to_tsquery('simple', …); empty when there is no word in it. */
  readonly tsquery: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly id: string | null;
}

/** Reads a search. Never fails: what is no email, number or id is words. */
export const personSearch = (q: string): PersonSearch => {
  const words = q.toLowerCase().match(/[\p{L}\p{N}_@.+-]+/gu) ?? [];
  const email = normaliseEmail(q);
  const phone = normalisePhone(q);
  const terms =
    "phone" in phone ? [phone.phone] : words.filter((word) => /[\p{L}\p{N}]/u.test(word)).slice(0, mostWords);
  return {
    tsquery: terms.map((term) => `'${term}':*`).join(" & "),
    email: "email" in email ? email.email : null,
    phone: "phone" in phone ? phone.phone : null,
    id: uuid.test(q) ? q : null,
  };
};
