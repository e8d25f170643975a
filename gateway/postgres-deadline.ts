// A statement waits for ever when Postgres is frozen or cut off without a word; a request must not. The gateway's own
// statements get a deadline here; those of actions have the deadline of the call.
import { type CatalogueError, fail } from "../shared/contracts/errors.ts";

const deadlineMs = 5_000;

const postgresAway = (): CatalogueError =>
  fail("SERVICE_UNAVAILABLE", "Postgres is away or too slow for the moment. Nothing was changed; try again.", {
    retryAfter: 2,
  });

/** Answers what the short statement does. Throws SERVICE_UNAVAILABLE when that takes longer than five seconds. */
export const withPostgres = async <T>(statement: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      statement(),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(postgresAway()), deadlineMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
};
