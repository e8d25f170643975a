// Acts on many jobs, by selection or by query: counted first by a dry run, then done by a job, a thousand at a time.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { JobInput } from "../../../shared/contracts/index.ts";
import type { JobAct, jobs } from "../../../shared/contracts/jobs.ts";
import { announceCancelled, cancelJobs } from "../../../shared/jobs/cancel.ts";
import type { JobRun } from "../../../shared/jobs/define.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { deleteFinished, reviveJobs } from "../../../shared/jobs/revive.ts";
import { countJobs, type JobFilter, type JobState, momentOf, searchJobs } from "../../../shared/jobs/search.ts";
import { filterOf } from "./look-up.ts";

type BulkParams = z.output<typeof jobs.actions.bulk.params>;

/** The states that an act concerns; jobs in others are passed over. */
const concerned: Readonly<Record<JobAct, readonly JobState[]>> = {
  retry: ["failed", "cancelled"],
  cancel: ["scheduled", "queued", "running"],
  delete: ["completed", "failed", "cancelled"],
};
const chunk = 1_000;

const targetOf = async (deps: Deps, { act, ids, filter }: Pick<BulkParams, "act" | "ids" | "filter">) => {
  const given = filter ? await filterOf(deps, filter) : {};
  const states = given.states ? given.states.filter((state) => concerned[act].includes(state)) : concerned[act];
  return { ...given, states, ids } satisfies JobFilter;
};

/**
 * Counts the jobs, and unless it is a dry run enqueues the job that does it. Throws VALIDATION_FAILED, also for a filter without `expected`, and
 * BULK_COUNT_CHANGED (with `count` in its data) when there are not exactly `expected` many; nothing is begun then.
 */
export const bulkAct = async (deps: Deps, params: BulkParams): Promise<{ matched: number; jobId: string | null }> => {
  if ((params.ids === undefined) === (params.filter === undefined))
    throw fail("VALIDATION_FAILED", "ids: give exactly one of ids and filter", {
      errors: [{ path: "ids", message: "give exactly one of ids and filter" }],
    });
  if (params.filter && !params.dryRun && params.expected === undefined)
    throw fail(
      "VALIDATION_FAILED",
      "expected: a filter needs the number of jobs that you confirm; `dryRun` counts them",
      {
        errors: [
          { path: "expected", message: "a filter needs the number of jobs that you confirm; `dryRun` counts them" },
        ],
      },
    );
  const target = await targetOf(deps, params);
  const at = await momentOf(deps.db);
  const counts = target.states?.length === 0 ? {} : await countJobs(deps.db, target);
  const matched = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (params.dryRun) return { matched, jobId: null };
  const { act, ids, filter, expected } = params;
  if (expected !== undefined && expected !== matched)
    throw fail(
      "BULK_COUNT_CHANGED",
      `You confirmed ${expected} jobs; now there are ${matched}. Nothing was done: look at the new number and confirm it.`,
      { count: matched },
    );
  if (matched === 0) return { matched, jobId: null };
  const input = { act, ids, filter, at: at.toISOString() };
  const jobId = await deps.db.transaction((trx) => enqueue(trx, "jobs.bulk-act", input, { lane: "high", tags: [act] }));
  return { matched, jobId: jobId ?? null };
};

const actOn = async (deps: Deps, act: JobAct, ids: readonly string[]): Promise<number> => {
  if (act === "retry") return (await deps.db.transaction((trx) => reviveJobs(trx, ids))).length;
  if (act === "delete") return deps.db.transaction((trx) => deleteFinished(trx, ids));
  const cancelled = await cancelJobs(deps.db, ids);
  if (cancelled.some(({ wasRunning }) => wasRunning)) await announceCancelled(deps.redis);
  return cancelled.length;
};

/**
 * Goes through the jobs from the newest made to the oldest; run again, it finds what is left. Never acts on itself, nor
 * on what was made or has ended since it was asked for: what it retried and failed again stays failed.
 */
export const runBulkAct = async (input: JobInput<"jobs.bulk-act">, run: JobRun): Promise<void> => {
  const { deps } = run;
  const target: JobFilter = {
    ...(await targetOf(deps, input)),
    endedBefore: input.at === undefined ? undefined : new Date(Date.parse(input.at) + 1),
  };
  if (target.states?.length === 0) return;
  const total = Object.values(await countJobs(deps.db, target)).reduce((sum, count) => sum + count, 0);
  let seen = 0;
  let done = 0;
  for (let before = input.ids ? undefined : run.id; !run.signal.aborted; ) {
    const found = await searchJobs(deps.db, target, { limit: chunk, before });
    done += await actOn(
      deps,
      input.act,
      found.map(({ id }) => id).filter((id) => id !== run.id),
    );
    seen += found.length;
    before = found.at(-1)?.id;
    run.progress(total === 0 ? 1 : seen / total);
    if (found.length < chunk) break;
  }
  run.log(`${input.act}: ${done} of ${seen} jobs`);
};
