// From what a caller asks for to what the store compares: words become a search, a segment its rule.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { ContactFilter as Asked } from "../../../shared/contracts/contact-filter.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { normalisePhone } from "../../../shared/lib/phone.ts";
import { compileSegment } from "../segments/compile-segment.ts";
import type { ContactFilter } from "./store.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Each word as a prefix, all of them to be found; an email, number or id also as it is stored. */
const searchOf = (q: string): NonNullable<ContactFilter["search"]> => {
  const words = q.toLowerCase().match(/[\p{L}\p{N}_@.+-]+/gu) ?? [];
  const email = normaliseEmail(q);
  const phone = normalisePhone(q);
  const terms = "phone" in phone ? [phone.phone] : words.filter((word) => /[\p{L}\p{N}]/u.test(word)).slice(0, 10);
  return {
    tsquery: terms.map((term) => `'${term}':*`).join(" & "),
    email: "email" in email ? email.email : null,
    id: uuid.test(q) ? q : null,
  };
};

/** The filter as the store takes it. Throws SEGMENT_NOT_FOUND, or SEGMENT_RULE_INVALID for one of an older version. */
export const storeFilter = async (deps: Deps, { q, segmentId, ...fields }: Asked): Promise<ContactFilter> => ({
  ...fields,
  search: q ? searchOf(q) : undefined,
  rule: segmentId ? await compileSegment(deps, segmentId) : undefined,
});
