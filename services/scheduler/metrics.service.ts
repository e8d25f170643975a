// Figures about jobs over time: adds them up by schedule, answers series of them, and tells Prometheus of the platform.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { watchPlatform } from "./operations/gauges.ts";
import { rollUpMetrics, showSeries } from "./operations/series.ts";

let unwatch: (() => void) | undefined;

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
  async started(deps) {
    unwatch = watchPlatform(deps);
  },
  async stopped() {
    unwatch?.();
  },
});
