// The monitors service: rules that watch the platform, incidents, and whom they are told to. Any number of replicas.
import { service } from "../../shared/broker/service.ts";
import { defineJob, type JobRun } from "../../shared/jobs/define.ts";
import { callWebhook } from "./monitors/notices/call-webhook.ts";
import { prune } from "./monitors/prune.ts";
import {
  changeChannels,
  changeMonitor,
  createMonitor,
  removeMonitor,
  sendTest,
  silenceAll,
  silenceRule,
  unsilenceAll,
  unsilenceRule,
} from "./monitors/rules.ts";
import { listIncidents, showChannels, showMonitors } from "./monitors/views.ts";
import { startWatch, type Watch } from "./monitors/watch.ts";

/** Tries of one webhook call: with the pauses between them about an hour and a half. */
const webhookTries = 10;
const webhook = { attempts: webhookTries, backoffMs: 20_000, backoffCapMs: 20 * 60_000, timeoutMs: 30_000 };
let watch: Watch | undefined;

export default service("monitors", {
  actions: {
    list: (_ctx, deps) => showMonitors(deps),
    create: (ctx, deps) => createMonitor(deps, ctx.params),
    update: (ctx, deps) => changeMonitor(deps, ctx.params),
    remove: (ctx, deps) => removeMonitor(deps, ctx.params.id),
    silence: (ctx, deps) => silenceRule(deps, ctx.params, ctx.meta),
    unsilence: (ctx, deps) => unsilenceRule(deps, ctx.params.id),
    test: (ctx, deps) => sendTest(deps, ctx.params.id),
    incidents: (ctx, deps) => listIncidents(deps, ctx.params),
    channels: (_ctx, deps) => showChannels(deps),
    setChannels: (ctx, deps) => changeChannels(deps, ctx.params),
    testChannels: (_ctx, deps) => sendTest(deps),
    silenceAll: (ctx, deps) => silenceAll(deps, ctx.params, ctx.meta),
    unsilenceAll: (_ctx, deps) => unsilenceAll(deps),
  },
  jobs: [
    defineJob({
      name: "monitors.call-webhook",
      ...webhook,
      handler: ({ noticeId }, run: JobRun) => callWebhook(run.deps, noticeId, run.signal, run.attempt >= webhookTries),
    }),
    defineJob({ name: "monitors.prune", attempts: 5, handler: (_input, run) => prune(run) }),
  ],
  async started(deps) {
    watch = startWatch(deps);
  },
  async stopped() {
    await watch?.stop();
  },
});
