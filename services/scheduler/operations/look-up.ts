// Jobs as operators see them: a list over all states, and one job with what happened to it. Inputs are shown by themselves.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Job, jobs } from "../../../shared/contracts/jobs.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { type FoundJob, findJob, type JobFilter, searchJobs } from "../../../shared/jobs/search.ts";
import { masked } from "../../../shared/lib/masked.ts";
import { entitiesOf } from "./about-person.ts";

export type JobView = z.input<typeof Job>;
type ListParams = z.output<typeof jobs.actions.list.params>;
type GivenFilter = Omit<ListParams, "limit" | "cursor">;

/** A job of the store as the API shows it. */
export const jobView = (found: FoundJob): JobView => {
  const { input: _input, errors, log: _log, fingerprint, progress, trace, ...rest } = found;
  const error = errors.at(-1);
  return {
    ...rest,
    tags: [...found.tags],
    traceId: trace?.split("-")[1] ?? null,
    ...(error ? { error: { ...error, frames: [...error.frames] } } : {}),
    ...(fingerprint === null ? {} : { fingerprint }),
    ...(progress === null ? {} : { progress }),
    createdAt: found.createdAt.toISOString(),
    runAt: found.runAt.toISOString(),
    startedAt: found.startedAt?.toISOString() ?? null,
    finishedAt: found.finishedAt?.toISOString() ?? null,
  };
};

/** A filter of the API as the store takes it. Throws VALIDATION_FAILED when too many people match. */
export const filterOf = async (
  deps: Deps,
  { state, from, until, contactId, person, ...rest }: GivenFilter,
): Promise<JobFilter> => ({
  ...rest,
  states: state ? [state] : undefined,
  entities: (contactId ?? person) === undefined ? undefined : await entitiesOf(deps, { contactId, person }),
  from: from === undefined ? undefined : new Date(from),
  until: until === undefined ? undefined : new Date(until),
});

/** One page of jobs, newest first. Throws CURSOR_INVALID, and VALIDATION_FAILED when too many people match. */
export const listJobs = async (deps: Deps, { limit, cursor, ...filter }: ListParams) => {
  const before = idOfCursor(cursor);
  const rows = await searchJobs(deps.db, await filterOf(deps, filter), { limit: limit + 1, before });
  const { data, nextCursor } = pageById(rows, limit);
  return { data: data.map(jobView), nextCursor };
};

/** The job with this id. Throws JOB_NOT_FOUND. */
export const requireJob = async (deps: Deps, id: string): Promise<FoundJob> => {
  const found = await findJob(deps.db, id);
  if (!found)
    throw fail("JOB_NOT_FOUND", `No job has the id ${id}. Finished jobs are kept for ${config.historyDays} days.`);
  return found;
};

/** One job with all its errors, its log and the shape of its input. Throws JOB_NOT_FOUND. */
export const showJob = async (deps: Deps, id: string) => {
  const found = await requireJob(deps, id);
  return {
    ...jobView(found),
    errors: found.errors.map((error) => ({ ...error, frames: [...error.frames] })),
    log: found.log?.split("\n") ?? [],
    shape: masked(found.input),
  };
};
