// Where backups go: whether there is such a place, whether it answers, and how old the newest one in it is.
import { resolve } from "node:path";
import { noPlace, openStore } from "../../shared/backup/configured.ts";
import type { Environment } from "../../shared/environment.ts";
import { about, type Finding, within } from "../../shared/finding.ts";
import { wordsOf } from "../../shared/lib/connection-trouble.ts";

const { ok, warning, problem } = about("Backups");
const ANSWER_MS = 8_000;
const LATE_MS = 48 * 3_600_000;

/** Findings about backups; never throws for what it finds. */
export const checkBackups = async ({ value }: Environment): Promise<Finding[]> => {
  const settings = {
    production: value("NODE_ENV") === "production",
    dataDir: resolve(value("LC_DATA_DIR") ?? ".data"),
    s3Url: value("LC_S3_URL"),
    backupDir: value("LC_BACKUP_DIR"),
  };
  const missing = noPlace(settings);
  if (missing) {
    const advice = missing.replace(/^.*?goes with it\. /, "");
    return value("RAILWAY_ENVIRONMENT_NAME") === undefined
      ? [problem("Place", "there is none", advice)]
      : [warning("Place", "not known here", `The service with the scheduler needs one, no other. ${advice}`)];
  }
  const store = await openStore(settings);
  try {
    const [newest, ...others] = await within(store.list(), ANSWER_MS);
    if (!newest) return [ok("Place", `${store.place}, none in it yet`)];
    const found = `${store.place}, ${others.length + 1} in it, the newest of ${newest.takenAt.slice(0, 16).replace("T", " ")} UTC`;
    return Date.now() - Date.parse(newest.takenAt) < LATE_MS
      ? [ok("Place", found)]
      : [
          warning(
            "Place",
            found,
            "Take one under Settings → Backups, and look under Operations why there is no newer one.",
          ),
        ];
  } catch (error) {
    return [problem("Place", wordsOf(error), "Mend LC_S3_URL or LC_BACKUP_DIR; without it there are no backups.")];
  } finally {
    store.close();
  }
};
