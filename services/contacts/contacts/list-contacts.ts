// Lists contacts, newest first, by cursor: filtered by tag, community, stage and segment, searched by words.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Contact, contacts } from "../../../shared/contracts/contacts.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { personSearch } from "../../../shared/lib/person-search.ts";
import { compileSegment } from "../segments/compile-segment.ts";
import { toContact } from "./contact-row.ts";
import { type ContactFilter, countContacts, listContacts as rowsOf } from "./store.ts";

type Params = z.output<typeof contacts.actions.list.params>;

/** Counting stops here: a total is told only where it costs little. */
const CHEAP = 10_000;

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
    search: params.q ? personSearch(params.q) : undefined,
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
