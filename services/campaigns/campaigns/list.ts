// Lists campaigns, newest first, by cursor.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Campaign } from "../../../shared/contracts/campaigns.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
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
  const before = idOfCursor(input.cursor);
  const rows = await listCampaigns(deps.db, {
    status: input.status,
    q: input.q,
    before,
    limit: input.limit + 1,
    scope: deps.scope,
  });
  const { data, nextCursor } = pageById(rows, input.limit);
  return { data: data.map(campaignOf), nextCursor };
};
