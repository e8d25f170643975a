// Job campaign.due, every minute: asks again for launches and ends that a crash may have swallowed. Normally finds nothing to do.
import type { Deps } from "../../../shared/broker/deps.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { openMessages } from "../../../shared/messaging/source-ledger.ts";
import { dueCampaigns } from "./store.ts";

export const catchUpCampaigns = async (deps: Deps): Promise<void> => {
  const due = await dueCampaigns(deps.db, deps.clock.now());
  await deps.db.transaction(async (trx) => {
    for (const { id, status, audience_complete } of due) {
      // Held for messages that may have been sent, until the operator decides or a sender's late word did.
      if (status === "held") {
        const { open, unknown } = await openMessages(trx, id);
        if (unknown && !open) continue;
      }
      const options = { uniqueKey: id, entity: `campaign:${id}` };
      if (audience_complete)
        await enqueue(trx, "campaign.finalize", { campaignId: id }, { ...options, until: "started" });
      else await enqueue(trx, "campaign.launch", { campaignId: id }, options);
    }
  });
};
