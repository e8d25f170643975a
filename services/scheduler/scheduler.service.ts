// The scheduler group: starts jobs by the clock, and keeps the job layer's own tables small. Any number of replicas.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { type SchedulerClock, startClock } from "./clock.ts";
import { schedules } from "./schedules.ts";
import { cleanTokens, pruneJobs, sweepOutbox } from "./upkeep.ts";

const upkeep = { attempts: 5, timeoutMs: 5 * 60_000 };
let clock: SchedulerClock | undefined;

export default service("scheduler", {
  actions: {},
  jobs: [
    defineJob({ name: "outbox.sweep", ...upkeep, handler: (_input, run) => sweepOutbox(run) }),
    defineJob({ name: "jobs.prune", ...upkeep, handler: (_input, run) => pruneJobs(run) }),
    defineJob({ name: "tokens.cleanup", ...upkeep, handler: (_input, run) => cleanTokens(run) }),
  ],
  async started(deps) {
    clock = await startClock(deps, schedules);
  },
  async stopped() {
    await clock?.stop();
  },
});
