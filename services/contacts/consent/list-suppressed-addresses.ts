// Lists suppressed addresses, newest first.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { countSuppressions, listSuppressions, type SuppressionEntry } from "../../../shared/consent/suppressions.ts";
import type { consent } from "../../../shared/contracts/consent.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";

export type SuppressionQuestion = z.output<typeof consent.actions.listSuppressions.params>;

/** One page, filtered by channel, reason and part of the address; the first one tells how many there are in all. */
export const listSuppressedAddresses = async (
  deps: Deps,
  params: SuppressionQuestion,
): Promise<{ data: SuppressionEntry[]; nextCursor: string | null; total?: number }> => {
  const { channel, reason, q, limit, cursor } = params;
  const filter = { channel, reason, q: q || undefined };
  const page = pageById(
    await listSuppressions(deps.db, { ...filter, limit: limit + 1, before: idOfCursor(cursor) }),
    limit,
  );
  if (cursor !== undefined) return page;
  return { ...page, total: page.nextCursor === null ? page.data.length : await countSuppressions(deps.db, filter) };
};
