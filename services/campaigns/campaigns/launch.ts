// Launch: a compare-and-set, a frozen content and a job, in one transaction; then the audience is written to the ledger
// in chunks, each resumable. Two clicks, two processes or a kill in between make one audience.
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { errorCode, fail } from "../../../shared/contracts/errors.ts";
import type { JobRun } from "../../../shared/jobs/define.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { audienceCondition } from "../../../shared/messaging/audience.ts";
import { freezeContent, readContent } from "../../../shared/messaging/contents.ts";
import { addDispatch, raisePauseEpoch, setDispatchStatus } from "../../../shared/messaging/dispatches.ts";
import { compileBulk } from "../../../shared/messaging/footer.ts";
import { addAudienceChunk } from "../../../shared/messaging/ledger.ts";
import { defaultSender } from "../../../shared/messaging/sender-accounts.ts";
import { compiledBulk, emailContent } from "../content.ts";
import { requireCampaign } from "./drafts.ts";
import { launchProblems, launchRefusal } from "./preflight.ts";
import { type CampaignRow, changeStatus, findCampaign, moveAudience } from "./store.ts";

/** Members of the audience per transaction: large enough to be quick, small enough not to block an embedded database. */
const CHUNK = 5_000;
/** With local delivery times the first zone's morning comes up to 14 hours before UTC's. */
const FIRST_ZONE_MS = 14 * 3_600_000;

/**
 * Launches a draft, now or at its scheduled time. Throws CAMPAIGN_STATE_WRONG (409) when it was launched before,
 * SENDER_INCOMPLETE, PUBLIC_URL_NOT_REACHABLE or PROVIDER_MISSING when nothing may be sent.
 */
export const launchCampaign = async (
  deps: Deps,
  { id }: { readonly id: string },
): Promise<{ id: string; status: CampaignStatus }> => {
  const campaign = await requireCampaign(deps, id);
  if (campaign.status !== "draft") throw launchedBefore(campaign.name, campaign.status);
  const content = await emailContent(deps.db, campaign.content);
  const compiled = compiledBulk(content);
  const now = deps.clock.now();
  await audienceCondition(deps.db, campaign.audience, now, campaign.communities);
  const refusal = launchRefusal(await defaultSender(deps.db, campaign.channel));
  if (refusal) throw refusal;
  const at = campaign.schedule ? new Date(campaign.schedule.at) : now;
  const begin = campaign.schedule?.perRecipientTimezone ? new Date(at.getTime() - FIRST_ZONE_MS) : at;
  const later = begin.getTime() > now.getTime();
  const status = await deps.db.transaction(async (trx) => {
    const contentId = await freezeContent(trx, deps.id(), {
      channel: campaign.channel,
      ...content,
      links: compiled.links,
    });
    const row = await changeStatus(trx, id, {
      from: ["draft"],
      to: later ? "scheduled" : "preparing",
      contentId,
      launchedAt: begin,
      asRead: campaign.updated_at,
      ...(later ? {} : { beginAudience: true }),
    });
    if (!row) {
      const now = await findCampaign(trx, id);
      if (now?.status === "draft") return undefined;
      throw launchedBefore(campaign.name, now?.status ?? "gone");
    }
    await enqueue(
      trx,
      "campaign.launch",
      { campaignId: id },
      { uniqueKey: id, runAt: begin, entity: `campaign:${id}` },
    );
    await publish(trx, "campaign.changed", { campaignId: id, status: row.status });
    return row.status;
  });
  // Somebody saved it while it was frozen here: what they saved is what goes out.
  return status === undefined ? launchCampaign(deps, { id }) : { id, status };
};

const launchedBefore = (name: string, status: string) =>
  fail(
    "CAMPAIGN_STATE_WRONG",
    `"${name}" is ${status}: it was launched before, and a campaign is launched once. Clone it to send again.`,
  );

/** A scheduled campaign begins to prepare now; any other stays as it is. */
const beginPreparing = (deps: Deps, campaignId: string): Promise<CampaignRow | undefined> =>
  deps.db.transaction(async (trx) => {
    const begun = await changeStatus(trx, campaignId, { from: ["scheduled"], to: "preparing", beginAudience: true });
    if (begun) await publish(trx, "campaign.changed", { campaignId, status: begun.status });
    return begun ?? findCampaign(trx, campaignId);
  });

/** Holds a campaign that cannot go on by itself: its segment or its sender's address went since it was launched. */
const holdCampaign = async (deps: Deps, campaignId: string, heldReason: string): Promise<void> => {
  await deps.db.transaction(async (trx) => {
    const held = await changeStatus(trx, campaignId, { from: ["preparing"], to: "held", heldReason });
    if (!held) return;
    await setDispatchStatus(trx, campaignId, "paused");
    await publish(trx, "campaign.changed", { campaignId, status: held.status });
  });
  await raisePauseEpoch(deps.redis);
};

/** Runs of campaign.launch before it counts as failed. */
export const LAUNCH_ATTEMPTS = 12;

/** Job campaign.launch. When it fails for good the campaign is held and says so, instead of preparing for ever. */
export const launchJob = async (campaignId: string, run: JobRun): Promise<void> => {
  try {
    await prepareCampaign(campaignId, run);
  } catch (error) {
    // An interruption is not its fault: campaign.due asks for it again.
    if (run.attempt >= LAUNCH_ATTEMPTS && !run.signal.aborted)
      await holdCampaign(run.deps, campaignId, "preparation_failed");
    throw error;
  }
};

/** Writes the audience to the ledger, chunk by chunk, and lets senders begin with the first chunk. */
export const prepareCampaign = async (campaignId: string, run: JobRun): Promise<void> => {
  const { deps } = run;
  const campaign = await beginPreparing(deps, campaignId);
  // Cancelled before its audience was frozen: there is nobody to account for.
  if (!campaign?.content_id || !campaign.audience_at || campaign.audience_complete) return;
  if (campaign.status === "held") return;
  // Since it was scheduled, somebody may have taken away what its mails must carry.
  const [problem] =
    campaign.status === "preparing" ? launchProblems(await defaultSender(deps.db, campaign.channel)) : [];
  if (problem) return holdCampaign(deps, campaignId, problem.code.toLowerCase());
  const content = await readContent(deps.db, campaign.content_id);
  if (!content) throw new Error(`content ${campaign.content_id} is missing`);
  const compiled = compileBulk(content);
  const asOf = campaign.audience_at;
  const condition = await audienceCondition(deps.db, campaign.audience, asOf, campaign.communities).catch(
    async (error: unknown) => {
      const code = errorCode(error);
      if (code !== "SEGMENT_NOT_FOUND" && code !== "SEGMENT_RULE_INVALID") throw error;
      await holdCampaign(deps, campaignId, "audience_gone");
      return undefined;
    },
  );
  if (!condition) return;
  const judge = {
    channel: campaign.channel,
    condition,
    fields: compiled.fields,
    required: compiled.required,
    asOf,
    live: config.emailProvider !== "sandbox",
  };
  const notBefore = campaign.schedule ? new Date(campaign.schedule.at) : asOf;
  let cursor = campaign.audience_cursor;
  for (let complete = false; !complete; ) {
    if (run.signal.aborted) throw new Error("the launch was interrupted; it carries on where it stopped");
    complete = await deps.db.transaction(async (trx) => {
      const row = await findCampaign(trx, campaignId, true);
      if (!row || row.audience_complete || row.status === "held") return true;
      cursor = row.audience_cursor;
      const cancelled = row.status === "cancelled";
      if (cursor === null) {
        await addDispatch(trx, {
          source: "campaign",
          sourceId: campaignId,
          channel: row.channel,
          lane: "campaign",
          status: cancelled ? "cancelled" : row.status === "paused" ? "paused" : "running",
          ratePerSecond: row.rate?.perSecond ?? null,
          contentId: campaign.content_id as string,
        });
      }
      const request = {
        source: "campaign",
        sourceId: campaignId,
        step: "",
        initialState: cancelled ? "cancelled" : "queued",
        notBefore,
        perTimezone: row.schedule?.perRecipientTimezone === true,
      } as const;
      const chunk = await addAudienceChunk(trx, request, judge, cursor, CHUNK);
      await moveAudience(trx, campaignId, chunk.last);
      if (cursor === null || chunk.last === null)
        await enqueue(trx, "email.send-batch", {}, { uniqueKey: "wake", until: "started" });
      if (chunk.last === null) {
        const changed = await changeStatus(trx, campaignId, { from: ["preparing"], to: "running" });
        if (changed) await publish(trx, "campaign.changed", { campaignId, status: changed.status });
        await enqueue(
          trx,
          "campaign.finalize",
          { campaignId },
          { uniqueKey: campaignId, until: "started", entity: `campaign:${campaignId}` },
        );
      }
      return chunk.last === null;
    });
    if (cursor === null) await raisePauseEpoch(deps.redis);
  }
};
