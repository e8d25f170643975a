// What operators do with one job. Each act says what it found when it cannot be done.
import type { Deps } from "../../../shared/broker/deps.ts";
import { CatalogueError, fail } from "../../../shared/contracts/errors.ts";
import { announceCancelled, cancelJobs } from "../../../shared/jobs/cancel.ts";
import { deleteFinished, reviveJobs } from "../../../shared/jobs/revive.ts";
import { type JobView, jobView, requireJob } from "./look-up.ts";

const wrongState = (id: string, state: string, expected: string) =>
  fail("JOB_STATE_WRONG", `The job ${id} is ${state}; expected one that is ${expected}.`);

/** What is wrong with an input is told by its place in the request. */
const inRequest = (error: unknown): unknown => {
  if (!(error instanceof CatalogueError) || error.type !== "VALIDATION_FAILED") return error;
  const errors = (error.data.errors ?? []).map(({ path, message }) => ({
    path: path === "" ? "input" : `input.${path}`,
    message,
  }));
  return fail(error.type, error.message, { ...error.data, errors });
};

/** Runs a failed or cancelled job again. Throws JOB_NOT_FOUND, JOB_STATE_WRONG, VALIDATION_FAILED for a wrong input. */
export const retryJob = async (deps: Deps, id: string, input: unknown): Promise<JobView> => {
  const found = await requireJob(deps, id);
  if (found.state !== "failed" && found.state !== "cancelled") throw wrongState(id, found.state, "failed or cancelled");
  const change = input === undefined ? undefined : { type: found.type, input };
  const revived = await deps.db
    .transaction((trx) => reviveJobs(trx, [id], change))
    .catch((error) => {
      throw inRequest(error);
    });
  if (revived.length === 0) {
    const now = await requireJob(deps, id);
    if (now.state !== found.state) throw wrongState(id, now.state, "failed or cancelled");
    throw fail(
      "JOB_STATE_WRONG",
      `The job ${id} is not needed: another ${found.type} with the same key "${found.uniqueKey}" waits or runs already.`,
    );
  }
  return jobView(await requireJob(deps, id));
};

/** Cancels a job that waits or runs. Throws JOB_NOT_FOUND, JOB_STATE_WRONG. */
export const cancelJob = async (deps: Deps, id: string): Promise<JobView> => {
  const [cancelled] = await cancelJobs(deps.db, [id]);
  if (!cancelled) throw wrongState(id, (await requireJob(deps, id)).state, "scheduled, queued or running");
  if (cancelled.wasRunning) await announceCancelled(deps.redis);
  return jobView(await requireJob(deps, id));
};

/** Deletes a finished job. Throws JOB_NOT_FOUND, JOB_STATE_WRONG. */
export const removeJob = async (deps: Deps, id: string): Promise<{ ok: true }> => {
  const removed = await deps.db.transaction((trx) => deleteFinished(trx, [id]));
  if (removed === 0) throw wrongState(id, (await requireJob(deps, id)).state, "completed, failed or cancelled");
  return { ok: true };
};
