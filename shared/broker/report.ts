// Where errors that nobody foresaw are handed in. Without a reporter (SENTRY_DSN is unset) nothing happens here.

export interface ReportContext {
  /** What was going on. */
  readonly kind: "action" | "request" | "job" | "event" | "process";
  /** Its name in the contracts: `campaigns.launch`, `campaign.finalize`. */
  readonly name: string;
  readonly requestId?: string | undefined;
  readonly id?: string | undefined;
  readonly attempt?: number | undefined;
}
export type Reporter = (error: Error, context: ReportContext) => void;

let reporter: Reporter | undefined;
let flush: (() => Promise<unknown>) | undefined;
let seen = new WeakSet<object>();

/** Sets who gets the errors of this process, and how what waits is sent at once; undefined: nobody. */
export const setReporter = (next: Reporter | undefined, flushNow?: () => Promise<unknown>): void => {
  reporter = next;
  flush = flushNow;
  seen = new WeakSet();
};

/** Hands an error in, once, however many layers it passes through. Never throws. */
export const reportError = (thrown: unknown, context: ReportContext): void => {
  if (!reporter) return;
  const error = thrown instanceof Error ? thrown : new Error(`A ${typeof thrown} was thrown instead of an error`);
  if (seen.has(error)) return;
  seen.add(error);
  reporter(error, context);
};

/** Resolves when what was reported is sent, or cannot be. */
export const flushReports = async (): Promise<void> => {
  // It ends with the process: there is nobody left to tell.
  await flush?.().catch(() => undefined);
};
