// Saved views of the list of contacts: seen by their owner, or by everybody when shared; changed by their owner alone.
import { service } from "../../shared/broker/service.ts";
import { createView, getView, listViews, removeView, updateView } from "./views/saved-views.ts";

export default service("contactViews", {
  actions: {
    list: (ctx, deps) => listViews(deps, ctx.params, ctx.meta.caller?.userId),
    get: (ctx, deps) => getView(deps, ctx.params.id, ctx.meta.caller?.userId),
    create: (ctx, deps) => createView(deps, ctx.params, ctx.meta.caller?.userId),
    update: (ctx, deps) => updateView(deps, ctx.params, ctx.meta.caller?.userId),
    remove: (ctx, deps) => removeView(deps, ctx.params.id, ctx.meta.caller?.userId),
  },
});
