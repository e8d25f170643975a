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
