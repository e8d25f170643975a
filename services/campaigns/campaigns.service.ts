// Campaigns: drafts, preflight, launch, life cycle, numbers and the ledger.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { cloneCampaign, createCampaign, removeCampaign, requireCampaign, updateCampaign } from "./campaigns/drafts.ts";
import { catchUpCampaigns } from "./campaigns/due.ts";
import { LAUNCH_ATTEMPTS, launchCampaign, launchJob } from "./campaigns/launch.ts";
import { resolveMessages, retryMessages } from "./campaigns/ledger-acts.ts";
import { cancelCampaign, finalizeCampaign, pauseCampaign, resumeCampaign } from "./campaigns/life-cycle.ts";
import { listCampaignPage } from "./campaigns/list.ts";
import { preflightCampaign } from "./campaigns/preflight.ts";
import { campaignStats } from "./campaigns/stats.ts";
import { campaignOf } from "./campaigns/store.ts";
import { campaignMessages } from "./messages/list.ts";
import { removeSampleCampaigns } from "./sample/remove-sample.ts";
import { seedSampleCampaigns } from "./sample/seed-sample.ts";

export default service("campaigns", {
  actions: {
    list: (ctx, deps) => listCampaignPage(deps, ctx.params),
    get: async (ctx, deps) => campaignOf(await requireCampaign(deps, ctx.params.id)),
    create: (ctx, deps) => createCampaign(deps, ctx.params),
    update: (ctx, deps) => updateCampaign(deps, ctx.params),
    remove: (ctx, deps) => removeCampaign(deps, ctx.params),
    clone: (ctx, deps) => cloneCampaign(deps, ctx.params),
    preflight: (ctx, deps) => preflightCampaign(deps, ctx.params),
    launch: (ctx, deps) => launchCampaign(deps, ctx.params),
    pause: (ctx, deps) => pauseCampaign(deps, ctx.params),
    resume: (ctx, deps) => resumeCampaign(deps, ctx.params),
    cancel: (ctx, deps) => cancelCampaign(deps, ctx.params),
    stats: (ctx, deps) => campaignStats(deps, ctx.params),
    messages: (ctx, deps) => campaignMessages(deps, ctx.params),
    retry: (ctx, deps) => retryMessages(deps, ctx.params),
    resolve: (ctx, deps) => resolveMessages(deps, ctx.params),
  },
  jobs: [
    defineJob({
      name: "campaign.launch",
      attempts: LAUNCH_ATTEMPTS,
      timeoutMs: 3_600_000,
      handler: (input, run) => launchJob(input.campaignId, run),
    }),
    defineJob({
      name: "campaign.finalize",
      attempts: 10,
      handler: (input, run) => finalizeCampaign(run.deps, input.campaignId),
    }),
    defineJob({
      name: "campaign.seed-sample",
      attempts: 10,
      handler: (_input, run) => seedSampleCampaigns(run.deps),
    }),
    defineJob({
      name: "campaign.remove-sample",
      attempts: 10,
      handler: (_input, run) => removeSampleCampaigns(run.deps),
    }),
    defineJob({ name: "campaign.due", attempts: 1, handler: (_input, run) => catchUpCampaigns(run.deps) }),
  ],
});
