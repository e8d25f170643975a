// What can go wrong with a backup or a restore, each in one sentence that says what was found and what to do.

/** `may-heal`: trying again later can help (a network, a store that is away). */
export class BackupError extends Error {
  override name = "BackupError";
  readonly mayHeal: boolean;
  constructor(message: string, mayHeal = false) {
    super(message);
    this.mayHeal = mayHeal;
  }
}

/** An error's own words; connections that fail at several addresses hide theirs inside. */
export const wordsOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  return String(message || code || error);
};
