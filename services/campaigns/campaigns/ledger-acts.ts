// The operator's word over messages that failed or may have been sent: retry, resend, close.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { raisePauseEpoch, setDispatchStatus } from "../../../shared/messaging/dispatches.ts";
import { resolveUnknown, retryFailed } from "../../../shared/messaging/source-ledger.ts";
import { requireCampaign } from "./drafts.ts";
import { changeStatus, findCampaign } from "./store.ts";

const decidable: readonly CampaignStatus[] = ["running", "paused", "completed", "held"];

/** Does it under the campaign's lock and lets a campaign that had ended run again. */
const act = async (
  deps: Deps,
  id: string,
  verb: string,
  work: (trx: Trx) => Promise<number>,
  states: readonly CampaignStatus[] = decidable,
): Promise<{ changed: number }> => {
  await requireCampaign(deps, id);
  const changed = await deps.db.transaction(async (trx) => {
    const row = await findCampaign(trx, id, true);
    if (!row || !states.includes(row.status))
      throw fail(
        "CAMPAIGN_STATE_WRONG",
        `The campaign is ${row?.status ?? "gone"}; messages can be ${verb} while it is ${states.join(", ")}.`,
      );
    const count = await work(trx);
    if (count === 0) return 0;
    if (row.status === "completed" || row.status === "held") {
      const to = row.audience_complete ? "running" : "preparing";
      await changeStatus(trx, id, { from: ["completed", "held"], to });
      await setDispatchStatus(trx, id, "running");
      await publish(trx, "campaign.changed", { campaignId: id, status: to });
      if (to === "preparing")
        await enqueue(trx, "campaign.launch", { campaignId: id }, { uniqueKey: id, entity: `campaign:${id}` });
    }
    await enqueue(trx, "email.send-batch", {}, { uniqueKey: "wake", until: "started" });
    await enqueue(
      trx,
      "campaign.finalize",
      { campaignId: id },
      { uniqueKey: id, until: "started", entity: `campaign:${id}` },
    );
    return count;
  });
  if (changed > 0) await raisePauseEpoch(deps.redis);
  return { changed };
};

export interface RetryInput {
  readonly id: string;
  readonly ids?: readonly string[] | undefined;
  readonly filter?: { readonly reason?: string | undefined } | undefined;
}

/** Queues failed messages again: the listed ones, or all that failed (for the given reason). */
export const retryMessages = (deps: Deps, { id, ids, filter }: RetryInput): Promise<{ changed: number }> =>
  act(deps, id, "retried", (trx) => retryFailed(trx, id, { ids, reason: filter?.reason, scope: deps.scope }));

export interface ResolveInput {
  readonly id: string;
  readonly ids?: readonly string[] | undefined;
  readonly action: "resend" | "close";
}

/** Decides over messages that may have been sent: the listed ones, or all of them. A cancelled campaign's can be closed. */
export const resolveMessages = (deps: Deps, { id, ids, action }: ResolveInput): Promise<{ changed: number }> => {
  const states: readonly CampaignStatus[] = action === "close" ? [...decidable, "cancelled"] : decidable;
  return act(deps, id, "resolved", (trx) => resolveUnknown(trx, id, { ids, action, scope: deps.scope }), states);
};
