// Imports: files of contacts, uploaded in chunks and taken row by row by a job that survives crashes.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { cancelImport } from "./imports/cancel-import.ts";
import { claimConsent, runClaim, showClaims } from "./imports/claim/claim-consent.ts";
import { getImport, listImports } from "./imports/get-import.ts";
import { inspectFile } from "./imports/inspect-file.ts";
import { pruneImports } from "./imports/prune-imports.ts";
import { exportRefusedRows, listRefusedRows } from "./imports/refused/list-refused-rows.ts";
import { runImport } from "./imports/run-import.ts";
import { submitImport } from "./imports/submit-import.ts";
import { runUndo } from "./imports/undo/run-undo.ts";
import { previewUndo, undoImport } from "./imports/undo/undo-import.ts";
import { beginUpload, discardUpload, storeChunk } from "./imports/upload/receive-upload.ts";

export default service("imports", {
  actions: {
    list: (ctx, deps) => listImports(deps, ctx.params),
    get: (ctx, deps) => getImport(deps, ctx.params),
    begin: (ctx, deps) => beginUpload(deps, ctx.params),
    storeChunk: (ctx, deps) => storeChunk(deps, ctx.params),
    submit: (ctx, deps) => submitImport(deps, ctx.params),
    discard: (ctx, deps) => discardUpload(deps, ctx.params),
    errors: (ctx, deps) => listRefusedRows(deps, ctx.params),
    errorsCsv: (ctx, deps) => exportRefusedRows(deps, ctx.params),
    cancel: (ctx, deps) => cancelImport(deps, ctx.params),
    previewUndo: (ctx, deps) => previewUndo(deps, ctx.params),
    undo: (ctx, deps) => undoImport(deps, ctx.params),
    claimConsent: (ctx, deps) => claimConsent(deps, ctx.params, ctx.meta.caller?.userId),
    claims: (ctx, deps) => showClaims(deps, ctx.params),
    inspect: (ctx, deps) => inspectFile(deps, ctx.params),
  },
  jobs: [
    // Attempts are many because a killed worker uses one up; an error of the import itself ends it after five.
    defineJob({ name: "contacts.import", handler: runImport, attempts: 100, timeoutMs: 6 * 3_600_000, concurrency: 2 }),
    defineJob({
      name: "contacts.import-undo",
      handler: runUndo,
      attempts: 100,
      timeoutMs: 6 * 3_600_000,
      concurrency: 1,
    }),
    defineJob({
      name: "contacts.import-consent",
      handler: runClaim,
      attempts: 100,
      timeoutMs: 3_600_000,
      concurrency: 1,
    }),
    defineJob({
      name: "imports.prune",
      handler: (_input, run) => pruneImports(run),
      attempts: 5,
      timeoutMs: 3_600_000,
    }),
  ],
});
