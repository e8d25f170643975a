// Failures as operators read them: by kind, over a window of time.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { JobFailure, jobs } from "../../../shared/contracts/jobs.ts";
import { failureGroups } from "../../../shared/jobs/failures.ts";

type Params = z.output<typeof jobs.actions.failures.params>;
type FailureView = z.input<typeof JobFailure>;

const weekMs = 7 * 86_400_000;

/** Kinds of failures of the window, the last 7 days when none is given. Throws VALIDATION_FAILED for an empty window. */
export const showFailures = async (
  deps: Deps,
  { from: first, until: last, ...rest }: Params,
): Promise<{ from: string; until: string; total: number; data: FailureView[] }> => {
  const until = last === undefined ? new Date(deps.clock.now().getTime() + 1) : new Date(last);
  const from = first === undefined ? new Date(until.getTime() - weekMs) : new Date(first);
  if (from >= until)
    throw fail(
      "VALIDATION_FAILED",
      `from: found ${from.toISOString()}, which is not before until, ${until.toISOString()}`,
      { errors: [{ path: "from", message: "must be before until" }] },
    );
  const { groups, total } = await failureGroups(deps.db, { ...rest, from, until });
  const data = groups.map(({ firstAt, lastAt, counts, error, ...group }) => ({
    ...group,
    firstAt: firstAt.toISOString(),
    lastAt: lastAt.toISOString(),
    counts: [...counts],
    error: error && { ...error, frames: [...error.frames] },
  }));
  return { from: from.toISOString(), until: until.toISOString(), total, data };
};
