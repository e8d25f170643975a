// The Overview: figures over all campaigns and single messages.
import { service } from "../../shared/broker/service.ts";
import { showOverview } from "./overview/show-overview.ts";

export default service("overview", {
  actions: { show: (ctx, deps) => showOverview(deps, ctx.params) },
});
