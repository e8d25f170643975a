// Lists contacts, newest first, by cursor: filtered by tag, community, stage and segment, searched by words.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Contact, contacts } from "../../../shared/contracts/contacts.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { normalisePhone } from "../../../shared/lib/phone.ts";
import { compileSegment } from "../segments/compile-segment.ts";
import { toContact } from "./contact-row.ts";
import { type ContactFilter, countContacts, listContacts as rowsOf } from "./store.ts";

type Params = z.output<typeof contacts.actions.list.params>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Counting stops here: a total is told only where it costs little. */
const CHEAP = 10_000;

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

/** One page. `total` is told when everything fits the page or counting stays below 10,000. */
export const listContacts = async (
  deps: Deps,
  params: Params,
): Promise<{ data: Contact[]; nextCursor: string | null; total?: number }> => {
  const filter: ContactFilter = {
    limit: params.limit + 1,
    before: idOfCursor(params.cursor),
    communityId: params.communityId,
    stage: params.stage,
    tag: params.tag,
    search: params.q ? searchOf(params.q) : undefined,
    rule: params.segmentId ? await compileSegment(deps, params.segmentId) : undefined,
  };
  const { data, nextCursor } = pageById(await rowsOf(deps.db, filter), params.limit);
  const page = { data: data.map(toContact), nextCursor };
  if (filter.before) return page;
  if (nextCursor === null) return { ...page, total: data.length };
  if (filter.search || filter.rule) return page;
  const total = await countContacts(deps.db, filter, CHEAP + 1);
  return total > CHEAP ? page : { ...page, total };
};
