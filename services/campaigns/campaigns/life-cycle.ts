// Pause, resume, cancel and the end of a campaign: compare-and-set on its status, the dispatch in the same transaction,
// and the pause epoch after the commit, so that senders obey within a second.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { type DispatchStatus, raisePauseEpoch, setDispatchStatus } from "../../../shared/messaging/dispatches.ts";
import { type OpenMessages, openMessages } from "../../../shared/messaging/source-ledger.ts";
import { cancelQueued } from "../../../shared/messaging/sweep.ts";
import { requireCampaign } from "./drafts.ts";
import { type CampaignRow, changeStatus, findCampaign } from "./store.ts";

/** Why a campaign is held that was on its way when a backup was taken which is now restored. */
export const RESTORED = "restored";

type Answer = { id: string; status: CampaignStatus };

const wrongState = async (deps: Deps, id: string, verb: string, expected: string) => {
  const { name, status } = await requireCampaign(deps, id);
  return fail("CAMPAIGN_STATE_WRONG", `"${name}" is ${status}; only a campaign that is ${expected} can be ${verb}.`);
};

/** `next` decides under the campaign's lock, so that what it looks at cannot change meanwhile; undefined: not from here. */
const change = async (
  deps: Deps,
  id: string,
  next: (row: CampaignRow) => CampaignStatus | undefined,
  dispatch: DispatchStatus,
  also?: (trx: Trx, row: CampaignRow) => Promise<void>,
): Promise<Answer | undefined> => {
  const changed = await deps.db.transaction(async (trx) => {
    const row = await findCampaign(trx, id, true);
    const to = row && next(row);
    if (!row || !to) return undefined;
    await changeStatus(trx, id, {
      from: [row.status],
      to,
      ...(to === "cancelled" ? { completedAt: deps.clock.now() } : {}),
    });
    await setDispatchStatus(trx, id, dispatch);
    await also?.(trx, row);
    await publish(trx, "campaign.changed", { campaignId: id, status: to });
    return { id, status: to };
  });
  if (changed) await raisePauseEpoch(deps.redis);
  return changed;
};

/** The way to `to` from any of these states. */
const from =
  (states: readonly CampaignStatus[], to: CampaignStatus) =>
  ({ status }: CampaignRow): CampaignStatus | undefined =>
    states.includes(status) ? to : undefined;

/** Pauses a campaign that prepares or runs. Throws CAMPAIGN_STATE_WRONG. */
export const pauseCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<Answer> => {
  await requireCampaign(deps, id);
  return (
    (await change(deps, id, from(["preparing", "running"], "paused"), "paused")) ??
    Promise.reject(await wrongState(deps, id, "paused", "preparing or running"))
  );
};

/** Where resuming leads; undefined: it cannot be resumed. One that was restored goes back to where its backup had it. */
const resumedTo = (row: CampaignRow): CampaignStatus | undefined => {
  if (row.status !== "paused" && row.status !== "held") return undefined;
  if (row.audience_complete) return row.status === "paused" || row.held_reason === RESTORED ? "running" : undefined;
  // Without a frozen audience it had not begun: it begins when its time comes, or at once when that is past.
  return row.audience_at === null ? "scheduled" : "preparing";
};

/** Carries on with a paused campaign, or one that was held while it prepared or by a restore. Throws CAMPAIGN_STATE_WRONG. */
export const resumeCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<Answer> => {
  await requireCampaign(deps, id);
  const resumed = await change(deps, id, resumedTo, "running", async (trx, row) => {
    const runAt = row.audience_at === null && row.launched_at !== null ? { runAt: row.launched_at } : {};
    await enqueue(trx, "campaign.launch", { campaignId: id }, { uniqueKey: id, entity: `campaign:${id}`, ...runAt });
    await enqueue(trx, "email.send-batch", {}, { uniqueKey: "wake", until: "started" });
    await enqueue(
      trx,
      "campaign.finalize",
      { campaignId: id },
      { uniqueKey: id, until: "started", entity: `campaign:${id}` },
    );
  });
  if (!resumed) throw await wrongState(deps, id, "resumed", "paused");
  return resumed;
};

/** Cancels a campaign that has not ended: what is queued will not be sent. Throws CAMPAIGN_STATE_WRONG. */
export const cancelCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<Answer> => {
  await requireCampaign(deps, id);
  const cancelled = await change(
    deps,
    id,
    from(["scheduled", "preparing", "running", "paused", "held"], "cancelled"),
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

const UNKNOWN = "unknown_messages";
const mayEnd = ({ status, held_reason, audience_complete }: CampaignRow): boolean =>
  audience_complete && (status === "running" || (status === "held" && held_reason === UNKNOWN));

const LOOK_AGAIN_MS = 5_000;

/** Cancels what is queued; what is under way comes back to the queue at the latest with its lease, so looks again then. */
const finishCancelled = async (deps: Deps, campaignId: string): Promise<void> => {
  while ((await cancelQueued(deps.db, campaignId)) > 0);
  const { open } = await openMessages(deps.db, campaignId);
  if (!open) return;
  const runAt = new Date(deps.clock.now().getTime() + LOOK_AGAIN_MS);
  await deps.db.transaction((trx) =>
    enqueue(
      trx,
      "campaign.finalize",
      { campaignId },
      { uniqueKey: campaignId, until: "started", entity: `campaign:${campaignId}`, runAt },
    ),
  );
};

/** What follows for a campaign with such a ledger; undefined: it stays as it is. */
const endOf = (row: CampaignRow, { open, unknown }: OpenMessages): "running" | "held" | "completed" | undefined => {
  const next = open ? "running" : unknown ? "held" : "completed";
  return next === row.status ? undefined : next;
};

/**
 * Job campaign.finalize: ends a campaign in which nothing is open. With messages that may have been sent it is held for
 * the operator's word, or until a sender's late word decides; of a cancelled one the rest of the queue is cancelled.
 */
export const finalizeCampaign = async (deps: Deps, campaignId: string): Promise<void> => {
  const campaign = await findCampaign(deps.db, campaignId);
  if (!campaign) return;
  if (campaign.status === "cancelled") return finishCancelled(deps, campaignId);
  if (!mayEnd(campaign)) return;
  const ended = await deps.db.transaction(async (trx) => {
    const row = await findCampaign(trx, campaignId, true);
    if (!row || !mayEnd(row)) return false;
    const to = endOf(row, await openMessages(trx, campaignId));
    if (!to) return false;
    await changeStatus(trx, campaignId, {
      from: [row.status],
      to,
      heldReason: to === "held" ? UNKNOWN : null,
      completedAt: to === "completed" ? deps.clock.now() : null,
    });
    await setDispatchStatus(trx, campaignId, to === "running" ? "running" : "done");
    await publish(trx, "campaign.changed", { campaignId, status: to });
    return true;
  });
  if (ended) await raisePauseEpoch(deps.redis);
};
