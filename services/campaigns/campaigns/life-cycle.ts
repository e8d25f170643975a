// Pause, resume, cancel and the end of a campaign: compare-and-set on its status, the dispatch in the same transaction,
// and the pause epoch after the commit, so that senders obey within a second.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { type DispatchStatus, raisePauseEpoch, setDispatchStatus } from "../../../shared/messaging/dispatches.ts";
import { openMessages } from "../../../shared/messaging/source-ledger.ts";
import { cancelQueued } from "../../../shared/messaging/sweep.ts";
import { requireCampaign } from "./drafts.ts";
import { changeStatus, findCampaign } from "./store.ts";

type Answer = { id: string; status: CampaignStatus };

const wrongState = async (deps: Deps, id: string, verb: string, expected: string) => {
  const { name, status } = await requireCampaign(deps, id);
  return fail("CAMPAIGN_STATE_WRONG", `"${name}" is ${status}; only a campaign that is ${expected} can be ${verb}.`);
};

const change = async (
  deps: Deps,
  id: string,
  from: readonly CampaignStatus[],
  to: CampaignStatus,
  dispatch: DispatchStatus,
  also?: (trx: Trx) => Promise<void>,
): Promise<Answer | undefined> => {
  const changed = await deps.db.transaction(async (trx) => {
    const row = await changeStatus(trx, id, {
      from,
      to,
      ...(to === "cancelled" ? { completedAt: deps.clock.now() } : {}),
    });
    if (!row) return undefined;
    await setDispatchStatus(trx, id, dispatch);
    await also?.(trx);
    await publish(trx, "campaign.changed", { campaignId: id, status: to });
    return { id, status: to };
  });
  if (changed) await raisePauseEpoch(deps.redis);
  return changed;
};

/** Pauses a campaign that prepares or runs. Throws CAMPAIGN_STATE_WRONG. */
export const pauseCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<Answer> => {
  await requireCampaign(deps, id);
  return (
    (await change(deps, id, ["preparing", "running"], "paused", "paused")) ??
    Promise.reject(await wrongState(deps, id, "paused", "preparing or running"))
  );
};

/** Carries on with a paused campaign, or tries again one that was held while it prepared. Throws CAMPAIGN_STATE_WRONG. */
export const resumeCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<Answer> => {
  const { audience_complete } = await requireCampaign(deps, id);
  const resumed = await change(
    deps,
    id,
    audience_complete ? ["paused"] : ["paused", "held"],
    audience_complete ? "running" : "preparing",
    "running",
    async (trx) => {
      await enqueue(trx, "campaign.launch", { campaignId: id }, { uniqueKey: id, entity: `campaign:${id}` });
      await enqueue(trx, "email.send-batch", {}, { uniqueKey: "wake", until: "started" });
      await enqueue(
        trx,
        "campaign.finalize",
        { campaignId: id },
        { uniqueKey: id, until: "started", entity: `campaign:${id}` },
      );
    },
  );
  if (!resumed) throw await wrongState(deps, id, "resumed", "paused");
  return resumed;
};

/** Cancels a campaign that has not ended: what is queued will not be sent. Throws CAMPAIGN_STATE_WRONG. */
export const cancelCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<Answer> => {
  await requireCampaign(deps, id);
  const cancelled = await change(
    deps,
    id,
    ["scheduled", "preparing", "running", "paused", "held"],
    "cancelled",
    "cancelled",
    async (trx) => {
      await enqueue(
        trx,
        "campaign.finalize",
        { campaignId: id },
        { uniqueKey: id, until: "started", entity: `campaign:${id}` },
      );
    },
  );
  if (!cancelled) throw await wrongState(deps, id, "cancelled", "scheduled, preparing, running, paused or held");
  return cancelled;
};

/**
 * Job campaign.finalize: ends a campaign in which nothing is open. With messages that may have been sent it is held for
 * the operator's word; of a cancelled one the rest of the queue is cancelled.
 */
export const finalizeCampaign = async (deps: Deps, campaignId: string): Promise<void> => {
  const campaign = await findCampaign(deps.db, campaignId);
  if (!campaign) return;
  if (campaign.status === "cancelled") {
    while ((await cancelQueued(deps.db, campaignId)) > 0);
    return;
  }
  if (campaign.status !== "running" || !campaign.audience_complete) return;
  const ended = await deps.db.transaction(async (trx) => {
    const row = await findCampaign(trx, campaignId, true);
    if (row?.status !== "running") return false;
    const { open, unknown } = await openMessages(trx, campaignId);
    if (open) return false;
    const to = unknown ? "held" : "completed";
    await changeStatus(trx, campaignId, {
      from: ["running"],
      to,
      heldReason: unknown ? "unknown_messages" : null,
      completedAt: unknown ? null : deps.clock.now(),
    });
    await setDispatchStatus(trx, campaignId, "done");
    await publish(trx, "campaign.changed", { campaignId, status: to });
    return true;
  });
  if (ended) await raisePauseEpoch(deps.redis);
};
