// What this process knows about backups from its environment.
import type { BackupOptions } from "../../../shared/backup/run-backup.ts";
import { config } from "../../../shared/config.ts";

export const backupOptions: BackupOptions = {
  production: config.production,
  dataDir: config.dataDir,
  s3Url: config.backup.s3Url,
  backupDir: config.backup.backupDir,
  ring: config.secretKeys,
  keep: config.backup.keep,
};
