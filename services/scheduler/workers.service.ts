// The operators' view of the processes: who runs, how each is, draining one; and how the ways out are.
import { service } from "../../shared/broker/service.ts";
import { drainWorker } from "./workers/drain.ts";
import { showProviders, showWorker, showWorkers } from "./workers/show.ts";

export default service("workers", {
  actions: {
    list: async (_ctx, deps) => ({ data: await showWorkers(deps) }),
    get: (ctx, deps) => showWorker(deps, ctx.params.node),
    drain: (ctx, deps) => drainWorker(deps, ctx.params.node, true),
    undrain: (ctx, deps) => drainWorker(deps, ctx.params.node, false),
    providers: (_ctx, deps) => showProviders(deps),
  },
});
