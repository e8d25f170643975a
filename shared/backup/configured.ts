// The place for backups that the environment names: storage that speaks S3, else a folder. On a deployment without
// either there is none: the disk of its processes goes with each deployment.
import { join, resolve } from "node:path";
import { readS3Address, type S3Address, s3Place } from "../s3-address.ts";
import { BackupError } from "./backup-error.ts";
import { diskStore } from "./disk.ts";
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

const folderOf = ({ backupDir, dataDir }: BackupSettings): string => resolve(backupDir ?? join(dataDir, "backups"));

const addressOf = (url: string): S3Address => {
  const address = readS3Address(url);
  if ("problem" in address) throw new BackupError(`LC_S3_URL cannot be used: expected ${address.problem}`);
  return address;
};

/** The place for people, without secrets; undefined when there is none. */
export const placeOf = (settings: BackupSettings): { kind: "disk" | "s3"; place: string } | undefined => {
  if (noPlace(settings)) return undefined;
  return settings.s3Url
    ? { kind: "s3", place: s3Place(addressOf(settings.s3Url)) }
    : { kind: "disk", place: folderOf(settings) };
};

/** Opens the place for backups; close it when done. Throws BackupError when there is none. */
export const openStore = async (settings: BackupSettings): Promise<BackupStore> => {
  const problem = noPlace(settings);
  if (problem) throw new BackupError(problem);
  if (!settings.s3Url) return diskStore(folderOf(settings));
  // Only who uses it pays for it: the client takes memory that an idle process would hold for ever.
  const { s3Store } = await import("./s3.ts");
  return s3Store(addressOf(settings.s3Url));
};
