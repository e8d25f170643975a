// A log that an outage cannot flood: the first complaint of a kind is a line, its repeats are counted and told at most
// once per interval, and the recovery is one line that says how often it had failed.

/** The part of a Moleculer or pino logger that is used here: fields first, then the sentence. */
export interface StreamLog {
  debug(...args: unknown[]): void;
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/** Where nobody passed a log: warnings still reach stderr through the process's warnings. */
export const warningLog: StreamLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: (...args) => process.emitWarning(args.filter((arg) => typeof arg === "string").join(" "), "StreamsWarning"),
  error: (...args) => process.emitWarning(args.filter((arg) => typeof arg === "string").join(" "), "StreamsWarning"),
};

export interface QuietLog {
  /** Says that `what` fails, or the sentence given; repeats within the interval are only counted. */
  failing(what: string, error: unknown, sentence?: string): void;
  /** Says once that `what` works again, when its failure had been said. */
  recovered(what: string): void;
}

interface Failure {
  /** Failures since it last worked. */
  count: number;
  saidAt: number;
  isSaid: boolean;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `intervalMs`: least time between two lines about the same thing (default 30 s), also when it comes and goes. */
export const createQuietLog = (
  log: StreamLog,
  fields: Readonly<Record<string, string>>,
  intervalMs = 30_000,
): QuietLog => {
  const failures = new Map<string, Failure>();
  return {
    failing(what, error, sentence = `${what} fails and is tried again`) {
      const known = failures.get(what) ?? { count: 0, saidAt: Number.NEGATIVE_INFINITY, isSaid: false };
      known.count++;
      failures.set(what, known);
      const now = performance.now();
      if (now - known.saidAt < intervalMs) return;
      known.saidAt = now;
      known.isSaid = true;
      log.warn({ ...fields, error: messageOf(error), times: known.count }, sentence);
    },
    recovered(what) {
      const known = failures.get(what);
      if (!known || known.count === 0) return;
      if (known.isSaid) log.info({ ...fields, times: known.count }, `${what} works again`);
      known.count = 0;
      known.isSaid = false;
    },
  };
};
