// The environment variables of backups: where they go, and how many stay.
import { refuseS3Address } from "./s3-address.ts";
import type { Variable } from "./variables.ts";

export interface Keep {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** Reads `7d,4w,6m` in any order; undefined when it is no such text. What is not named is none. */
export const readKeep = (text: string): Keep | undefined => {
  const keep = { d: 0, w: 0, m: 0 };
  for (const part of text.split(",")) {
    const [, count = "", unit = ""] = /^\s*(\d{1,3})([dwm])\s*$/.exec(part) ?? [];
    if (unit !== "d" && unit !== "w" && unit !== "m") return undefined;
    keep[unit] = Number(count);
  }
  return keep.d + keep.w + keep.m > 0 ? { daily: keep.d, weekly: keep.w, monthly: keep.m } : undefined;
};

/** What is wrong with LC_BACKUP_KEEP. */
export const refuseKeep = (text: string): string | undefined =>
  readKeep(text) ? undefined : "numbers of days, weeks and months such as 7d,4w,6m, of which at least one is kept";

export const backupVariables: readonly Variable[] = [
  {
    name: "LC_S3_URL",
    meaning:
      "Storage that speaks S3, for backups: key and secret percent-encoded, then host, bucket and prefix; `?region=`, `style=virtual` for the bucket in the host's name, `tls=off`",
    groups: ["scheduler"],
    secret: true,
    example: "s3://key:secret@s3.eu-central-1.amazonaws.com/bucket/prefix?region=eu-central-1",
    refuse: refuseS3Address,
  },
  {
    name: "LC_BACKUP_DIR",
    meaning:
      "Folder for backups when there is no LC_S3_URL; `backups` in LC_DATA_DIR when unset, in production none: then it must be on a volume that stays",
    groups: ["scheduler"],
    example: "/backups",
  },
  {
    name: "LC_BACKUP_KEEP",
    meaning:
      "How many backups stay: the newest of so many days, weeks and months. Those of the last 24 hours and the newest always stay",
    groups: ["scheduler"],
    fallback: "7d,4w,6m",
    refuse: refuseKeep,
  },
];
