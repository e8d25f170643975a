// The webhooks service: what comes back about messages, by callback and by mail, is applied and shown here.
import { service } from "../../shared/broker/service.ts";
import { config } from "../../shared/config.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { fetchMail } from "./inbound/fetch-mail.ts";
import { openMailbox } from "./inbound/mailbox.ts";
import { confirmSubscription, processWebhook } from "./inbound/process-webhook.ts";
import { pruneInbox, readBody, replayWebhook, showWebhook, showWebhooks } from "./inbound/show-webhooks.ts";

const around = { secretKeys: config.secretKeys, confirm: confirmSubscription };
const tries = 6;

export default service("webhooks", {
  actions: {
    list: (ctx, deps) => showWebhooks(deps, ctx.params),
    get: (ctx, deps) => showWebhook(deps, ctx.params),
    body: (ctx, deps) => readBody(deps, ctx.params),
    replay: (ctx, deps) => replayWebhook(deps, ctx.params),
  },
  jobs: [
    defineJob({
      name: "webhook.process",
      attempts: tries,
      handler: (input, run) => processWebhook(run.deps, around, input, run.attempt >= tries),
    }),
    defineJob({ name: "webhooks.prune", handler: (_input, run) => pruneInbox(run.deps, run.signal) }),
    defineJob({
      name: "email.inbound.fetch",
      // The next minute asks again.
      attempts: 1,
      timeoutMs: 5 * 60_000,
      handler: async (_input, run) => {
        const url = config.inboundImapUrl;
        if (url === undefined) return;
        const fetched = await fetchMail(run.deps, () => openMailbox(url), run.signal);
        if (fetched > 0) run.log(`${fetched} mails`);
      },
    }),
  ],
  started: async () => {
    if (config.inboundImapUrl !== undefined && config.bounceAddress === undefined)
      throw new Error(
        "LC_INBOUND_IMAP_URL is set, but LC_BOUNCE_ADDRESS is not: without it no report can be believed. Set it to the address of that mailbox, for example bounces@example.org",
      );
  },
});
