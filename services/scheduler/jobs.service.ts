// The operators' side of the job layer: queues, holds, job search, and acts on jobs, each checked and audited as an action.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { cancelJob, removeJob, retryJob } from "./operations/acts.ts";
import { bulkAct, runBulkAct } from "./operations/bulk.ts";
import { showFailures } from "./operations/failures.ts";
import { listJobs, requireJob, showJob } from "./operations/look-up.ts";
import { pause, resume, showQueues } from "./operations/queues.ts";

export default service("jobs", {
  actions: {
    queues: (_ctx, deps) => showQueues(deps),
    pauseQueue: (ctx, deps) => pause(deps, "queue", ctx),
    resumeQueue: (ctx, deps) => resume(deps, "queue", ctx.params.name),
    pauseType: (ctx, deps) => pause(deps, "type", ctx),
    resumeType: (ctx, deps) => resume(deps, "type", ctx.params.name),
    list: (ctx, deps) => listJobs(deps, ctx.params),
    get: (ctx, deps) => showJob(deps, ctx.params.id),
    failures: (ctx, deps) => showFailures(deps, ctx.params),
    input: async (ctx, deps) => ({ input: (await requireJob(deps, ctx.params.id)).input }),
    retry: (ctx, deps) => retryJob(deps, ctx.params.id, ctx.params.input),
    cancel: (ctx, deps) => cancelJob(deps, ctx.params.id),
    remove: (ctx, deps) => removeJob(deps, ctx.params.id),
    bulk: (ctx, deps) => bulkAct(deps, ctx.params),
  },
  jobs: [defineJob({ name: "jobs.bulk-act", attempts: 5, timeoutMs: 3_600_000, handler: runBulkAct })],
});
