// Job monitors.prune: forgets incidents and notices that nobody looks at any more. Safe to run at any time.
import type { JobRun } from "../../../shared/jobs/define.ts";
import { deleteOldIncidents } from "./incidents/store.ts";
import { deleteOldNotices } from "./notices/store.ts";

/** Days that ended incidents and notices can be looked at. */
const keepDays = 90;

/** Deletes what ended or was told more than 90 days ago. */
export const prune = async ({ deps, log }: JobRun): Promise<void> => {
  const incidents = await deleteOldIncidents(deps.db, keepDays);
  const notices = await deleteOldNotices(deps.db, keepDays);
  log(`${incidents} incidents and ${notices} notices were older than ${keepDays} days`);
};
