// Where a segment is used, and the refusal to delete it from under a campaign that is not over.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { viewsUsing } from "../views/store.ts";
import { type CampaignUse, campaignsUsing, findRule } from "./store.ts";

const MOST = 100;

export interface SegmentUsage {
  readonly campaigns: CampaignUse[];
  readonly views: { readonly id: string; readonly name: string }[];
}

/** Campaigns and the views that `userId` may see. Throws SEGMENT_NOT_FOUND. */
export const segmentUsage = async (deps: Deps, id: string, userId: string | undefined): Promise<SegmentUsage> => {
  if ((await findRule(deps.db, id, deps.scope)) === undefined)
    throw fail("SEGMENT_NOT_FOUND", `No segment has the id ${id}. It may have been deleted.`);
  const [campaigns, views] = await Promise.all([
    campaignsUsing(deps.db, id, { limit: MOST, scope: deps.scope }),
    viewsUsing(deps.db, id, userId, deps.scope),
  ]);
  return { campaigns: [...campaigns], views: [...views] };
};

/** Throws SEGMENT_IN_USE, naming the campaigns, while one that is not over has the segment as its audience. */
export const refuseWhileUsed = async (deps: Deps, id: string): Promise<void> => {
  const open = (await campaignsUsing(deps.db, id, { limit: MOST, scope: undefined })).filter(
    (campaign) => campaign.open,
  );
  if (open.length === 0) return;
  const seen = deps.scope ? await campaignsUsing(deps.db, id, { limit: MOST, scope: deps.scope }) : open;
  const named = seen
    .filter((campaign) => campaign.open)
    .slice(0, 3)
    .map(({ name, status }) => `"${name}" (${status})`);
  const rest = open.length - named.length;
  throw fail(
    "SEGMENT_IN_USE",
    `It is the audience of ${[...named, ...(rest > 0 ? [`${rest} more`] : [])].join(", ")}. Give them another audience, or wait until they are over.`,
  );
};
