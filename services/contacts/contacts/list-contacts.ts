// Lists contacts, newest first, by cursor: filtered by tag, community, stage, reach and segment, searched by words.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Contact, contacts } from "../../../shared/contracts/contacts.ts";
import { heavyRead } from "../../../shared/db/heavy-read.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { toContact } from "./contact-row.ts";
import { storeFilter } from "./filter-input.ts";
import { countContacts, fewFound, listContacts as rowsOf } from "./store.ts";

type Params = z.output<typeof contacts.actions.list.params>;

/** Counting stops here: a total is told only where it costs little. */
const CHEAP = 10_000;
/** A search that finds more is frequent enough to meet a page's worth of them soon on the way through the newest. */
const FEW = 2_000;

/** One page. `total` is told when everything fits the page or counting stays below 10,000. */
export const listContacts = async (
  deps: Deps,
  { limit, cursor, ...asked }: Params,
): Promise<{ data: Contact[]; nextCursor: string | null; total?: number }> => {
  const filter = await storeFilter(deps, asked);
  const before = idOfCursor(cursor);
  const { search, ...rest } = filter;
  const wanted = { ...filter, before, limit: limit + 1 };
  const plain = !search && !filter.rule && !filter.tag && !filter.reach;
  const rows = plain
    ? await rowsOf(deps.db, wanted)
    : await heavyRead(deps.db, async (trx) => {
        const ids = search && (await fewFound(trx, search, deps.scope, FEW));
        return rowsOf(trx, ids ? { ...rest, ids, before, limit: limit + 1 } : wanted);
      });
  const { data, nextCursor } = pageById(rows, limit);
  const page = { data: data.map(toContact), nextCursor };
  if (before) return page;
  if (nextCursor === null) return { ...page, total: data.length };
  if (filter.search || filter.rule || filter.reach) return page;
  const total = await countContacts(deps.db, filter, CHEAP + 1);
  return total > CHEAP ? page : { ...page, total };
};
