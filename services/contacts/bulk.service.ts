// Bulk acts: one act on exactly the contacts that were confirmed, done by a job in chunks, exports among them.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { exportFile, readExportChunk } from "./bulk/export-file.ts";
import { runBulk } from "./bulk/run-bulk.ts";
import { cancelBulk, getBulk, listBulk } from "./bulk/show-bulk.ts";
import { countBulk, startBulk } from "./bulk/start-bulk.ts";

export default service("bulk", {
  actions: {
    count: (ctx, deps) => countBulk(deps, ctx.params),
    start: (ctx, deps) => startBulk(deps, ctx.params, ctx.meta.caller),
    list: (ctx, deps) => listBulk(deps, ctx.params),
    get: (ctx, deps) => getBulk(deps, ctx.params),
    cancel: (ctx, deps) => cancelBulk(deps, ctx.params),
    file: (ctx, deps) => exportFile(deps, ctx.params),
    fileChunk: (ctx, deps) => readExportChunk(deps, ctx.params),
  },
  jobs: [
    // Attempts are many because a killed worker uses one up; an error of the act itself ends it after five.
    defineJob({ name: "contacts.bulk", handler: runBulk, attempts: 100, timeoutMs: 6 * 3_600_000, concurrency: 2 }),
  ],
});
