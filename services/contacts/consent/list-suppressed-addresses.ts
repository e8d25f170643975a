// Lists suppressed addresses, newest first.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { listSuppressions, type SuppressionEntry } from "../../../shared/consent/suppressions.ts";
import type { consent } from "../../../shared/contracts/consent.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";

/** One page, filtered by channel, reason and part of the address. */
export const listSuppressedAddresses = async (
  deps: Deps,
  params: z.output<typeof consent.actions.listSuppressions.params>,
): Promise<{ data: SuppressionEntry[]; nextCursor: string | null }> => {
  const { channel, reason, q, limit } = params;
  const rows = await listSuppressions(deps.db, {
    channel,
    reason,
    q,
    limit: limit + 1,
    before: idOfCursor(params.cursor),
  });
  return pageById(rows, limit);
};
