// Figures about jobs over time: adds them up by schedule, and answers series of them.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { rollUpMetrics, showSeries } from "./operations/series.ts";

export default service("metrics", {
  actions: {
    series: (ctx, deps) => showSeries(deps, ctx.params),
  },
  jobs: [
    defineJob({
      name: "metrics.rollup",
      attempts: 5,
      timeoutMs: 10 * 60_000,
      handler: (_input, run) => rollUpMetrics(run),
    }),
  ],
});
