// Keeps the job layer's own tables, and what has expired, small. The clock itself is the service schedules.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { cleanTokens, pruneJobs, sweepOutbox } from "./upkeep.ts";

const upkeep = { attempts: 5, timeoutMs: 5 * 60_000 };

export default service("scheduler", {
  actions: {},
  jobs: [
    defineJob({ name: "outbox.sweep", ...upkeep, handler: (_input, run) => sweepOutbox(run) }),
    defineJob({ name: "jobs.prune", ...upkeep, handler: (_input, run) => pruneJobs(run) }),
    defineJob({ name: "tokens.cleanup", ...upkeep, handler: (_input, run) => cleanTokens(run) }),
  ],
});
