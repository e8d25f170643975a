// The sample workspace: filled in once on a new local installation, and removed by one button.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { askForRemoval, removeSample } from "./sample/remove-sample.ts";
import { seedSample } from "./sample/seed-sample.ts";
import { showSample } from "./sample/show-sample.ts";

export default service("sample", {
  actions: {
    get: (_ctx, deps) => showSample(deps),
    remove: (_ctx, deps) => askForRemoval(deps),
  },
  jobs: [
    defineJob({ name: "sample.seed", attempts: 10, handler: (_input, run) => seedSample(run.deps) }),
    defineJob({ name: "sample.remove", attempts: 10, handler: (_input, run) => removeSample(run.deps) }),
  ],
});
