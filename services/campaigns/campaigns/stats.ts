// Numbers of a campaign, counted from the ledger's rows. While it runs a count is shared for a second, so that many open
// pages cost one query; once it stands still every answer is counted anew.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { CampaignStats } from "../../../shared/contracts/campaigns.ts";
import { type MessageState, MessageState as States } from "../../../shared/contracts/messages.ts";
import { recentRate } from "../../../shared/messaging/progress.ts";
import { countEvents, countStates, type EventCount, type StateCount } from "../../../shared/messaging/source-ledger.ts";
import { requireCampaign } from "./drafts.ts";

type Stats = z.infer<typeof CampaignStats>;

interface Counted {
  readonly at: number;
  readonly key: string;
  readonly counts: Promise<readonly [readonly StateCount[], readonly EventCount[]]>;
}

const SHARED_MS = 1_000;
const shared = new Map<string, Counted>();

const count = (deps: Deps, id: string, key: string, moving: boolean): Counted["counts"] => {
  const now = deps.clock.monotonic();
  const known = shared.get(id);
  if (moving && known?.key === key && now - known.at < SHARED_MS) return known.counts;
  const counts = Promise.all([countStates(deps.db, id), countEvents(deps.db, id)]);
  if (moving) {
    shared.set(id, { at: now, key, counts });
    counts.catch(() => shared.delete(id));
    if (shared.size > 200) shared.delete(shared.keys().next().value as string);
  }
  return counts;
};

/** Counts of one campaign. The status is read before the counts, so a campaign that shows `completed` has nothing open. */
export const campaignStats = async (deps: Deps, { id }: { readonly id: string }): Promise<Stats> => {
  const campaign = await requireCampaign(deps, id);
  const moving = campaign.status === "running" || campaign.status === "preparing";
  const [states, events] = await count(deps, id, campaign.status, moving);
  const byState = Object.fromEntries(States.options.map((state) => [state, 0])) as Record<MessageState, number>;
  const reasons: Record<string, number> = {};
  for (const { state, reason, n } of states) {
    byState[state as MessageState] += n;
    if (reason) reasons[reason] = (reasons[reason] ?? 0) + n;
  }
  const seen = (type: string) => {
    const found = events.find((event) => event.type === type);
    return { human: found?.human ?? 0, all: found?.people ?? 0 };
  };
  const ratePerSecond = moving ? await recentRate(deps.redis, id, deps.clock.now()) : 0;
  const open = byState.queued + byState.claimed + byState.handing_off;
  return {
    status: campaign.status,
    heldReason: campaign.held_reason,
    recipients: states.reduce((sum, { n }) => sum + n, 0),
    states: byState,
    reasons,
    opens: seen("opened"),
    clicks: seen("clicked"),
    replies: seen("replied").all,
    unsubscribes: seen("unsubscribed").all,
    complaints: seen("complained").all,
    ratePerSecond,
    etaSeconds: moving && ratePerSecond > 0 ? Math.ceil(open / ratePerSecond) : null,
  };
};
