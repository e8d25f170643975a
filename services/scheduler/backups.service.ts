// Backups of everything: the daily job, the list of what is kept, and taking one now.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { backupOptions } from "./backups/settings.ts";
import { showBackups } from "./backups/show-backups.ts";
import { runNow } from "./manage/change-schedule.ts";

export default service("backups", {
  actions: {
    list: (_ctx, deps) => showBackups(deps),
    // The schedule's job, so that there is one at a time.
    create: (ctx, deps) => runNow(deps, "backup.run", ctx.meta.caller?.userId),
  },
  jobs: [
    defineJob({
      name: "backup.run",
      attempts: 4,
      backoffMs: 60_000,
      timeoutMs: 6 * 3_600_000,
      concurrency: 1,
      // Loaded by who takes one: compression and encryption take memory that nobody else needs.
      handler: async (_input, run) => (await import("../../shared/backup/run-backup.ts")).runBackup(run, backupOptions),
    }),
  ],
});
