// Job campaign.due, every minute: asks again for launches and ends that a crash may have swallowed. Normally finds nothing to do.
import type { Deps } from "../../../shared/broker/deps.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { dueCampaigns } from "./store.ts";

export const catchUpCampaigns = async (deps: Deps): Promise<void> => {
  const due = await dueCampaigns(deps.db, deps.clock.now());
  await deps.db.transaction(async (trx) => {
    for (const { id, audience_complete } of due) {
      const options = { uniqueKey: id, entity: `campaign:${id}` };
      if (audience_complete)
        await enqueue(trx, "campaign.finalize", { campaignId: id }, { ...options, until: "started" });
      else await enqueue(trx, "campaign.launch", { campaignId: id }, options);
    }
  });
};
