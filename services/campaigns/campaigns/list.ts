// Lists campaigns, newest first, by cursor.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Campaign } from "../../../shared/contracts/campaigns.ts";
import { decodeCursor, encodeCursor } from "../../../shared/lib/cursor.ts";
import { cursorInvalid } from "../cursor-invalid.ts";
import { campaignOf, listCampaigns } from "./store.ts";

export interface ListInput {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly status?: string | undefined;
  readonly q?: string | undefined;
}

export const listCampaignPage = async (
  deps: Deps,
  input: ListInput,
): Promise<{ data: Campaign[]; nextCursor: string | null }> => {
  const [before] = input.cursor === undefined ? [undefined] : (decodeCursor(input.cursor, 1) ?? [null]);
  if (before === null || typeof before === "number") throw cursorInvalid();
  const rows = await listCampaigns(deps.db, { status: input.status, q: input.q, before, limit: input.limit + 1 });
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return { data: page.map(campaignOf), nextCursor: rows.length > input.limit && last ? encodeCursor([last.id]) : null };
};
