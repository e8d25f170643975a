// The place for backups that the environment names: storage that speaks S3, else a folder. On a deployment without
// either there is none: the disk of its processes goes with each deployment.
import { join } from "node:path";
import { BackupError } from "./backup-error.ts";
import { diskStore } from "./disk.ts";
import { s3Store } from "./s3.ts";
import { readS3Address } from "./s3-address.ts";
import type { BackupStore } from "./stored.ts";

export interface BackupSettings {
  readonly production: boolean;
  readonly dataDir: string;
  readonly s3Url: string | undefined;
  readonly backupDir: string | undefined;
}

/** Why there is no place for backups, and what to do; undefined when there is one. */
export const noPlace = ({ production, s3Url, backupDir }: BackupSettings): string | undefined =>
  production && !s3Url && !backupDir
    ? "There is no place for backups: a deployment's own disk goes with it. Set LC_S3_URL to storage that speaks S3, or LC_BACKUP_DIR to a folder on a volume that stays."
    : undefined;

/** The place for people, without secrets; undefined when there is none. */
export const placeOf = (settings: BackupSettings): { kind: "disk" | "s3"; place: string } | undefined => {
  if (noPlace(settings)) return undefined;
  const store = backupStore(settings);
  store.close();
  return { kind: store.kind, place: store.place };
};

/** Opens the place for backups; close it when done. Throws BackupError when there is none. */
export const backupStore = (settings: BackupSettings): BackupStore => {
  const problem = noPlace(settings);
  if (problem) throw new BackupError(problem);
  if (!settings.s3Url) return diskStore(settings.backupDir ?? join(settings.dataDir, "backups"));
  const address = readS3Address(settings.s3Url);
  if ("problem" in address) throw new BackupError(`LC_S3_URL cannot be used: expected ${address.problem}`);
  return s3Store(address);
};
