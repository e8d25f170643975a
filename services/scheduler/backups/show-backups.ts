// The list of backups as it was last seen, with what an operator has to know beside it.
import { noPlace, placeOf } from "../../../shared/backup/configured.ts";
import {
  type BackupRun,
  backupAgeHours,
  lastRestore,
  listRuns,
  newestBackup,
  type Restored,
} from "../../../shared/backup/runs.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { BackupView } from "../../../shared/contracts/backups.ts";
import type { ActionResult } from "../../../shared/contracts/index.ts";
import { backupOptions } from "./settings.ts";

const mostRows = 100;
const lateHours = 48;

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

const viewOf = (run: BackupRun): BackupView => ({
  ...run,
  startedAt: run.startedAt.toISOString(),
  finishedAt: iso(run.finishedAt),
  takenAt: iso(run.takenAt),
});

const restoreOf = (done: Restored) => ({
  ...done,
  restoredAt: done.restoredAt.toISOString(),
  takenAt: done.takenAt.toISOString(),
});

/** Everything for the page of backups. Asks Postgres only, so it answers while the storage is away. */
export const showBackups = async ({ db }: Pick<Deps, "db">): Promise<ActionResult<"backups.list">> => {
  const [runs, newest, hours, restored] = await Promise.all([
    listRuns(db, mostRows),
    newestBackup(db),
    backupAgeHours(db),
    lastRestore(db),
  ]);
  const place = placeOf(backupOptions);
  return {
    data: runs.map(viewOf),
    place: place ? { kind: place.kind, name: place.place } : null,
    problem: noPlace(backupOptions) ?? null,
    keep: backupOptions.keep,
    newestAt: iso(newest),
    late: hours > lateHours,
    restored: restored ? restoreOf(restored) : null,
  };
};
