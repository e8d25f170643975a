// Job campaign.remove-sample: the sample's finished campaign with its ledger, its draft, and its templates. A draft that
// somebody launched is theirs by now: it stays, with everything that it says about who got what.
import type { Deps } from "../../../shared/broker/deps.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { sampleCampaigns } from "../../../shared/lib/sample/sample-content.ts";
import { deleteSampleLedger } from "../../../shared/messaging/sample-ledger.ts";
import { deleteDraft } from "../campaigns/store.ts";
import { deleteSampleFinished, deleteSampleTemplates } from "./store.ts";

/** Removes them and asks for the removal of the sample's people. */
export const removeSampleCampaigns = async (deps: Deps): Promise<void> => {
  await deps.db.transaction(async (trx) => {
    await deleteSampleLedger(trx, sampleCampaigns.finished.id);
    await deleteSampleFinished(trx);
    await deleteDraft(trx, sampleCampaigns.draft.id);
    await deleteSampleTemplates(trx);
    await enqueue(trx, "sample.remove", {}, { uniqueKey: "sample" });
  });
};
