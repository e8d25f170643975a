// What the doctor says about one thing: how it is, and in one sentence what to do about it.

export type Level = "ok" | "warning" | "problem";

export interface Finding {
  readonly area: "Variables" | "Machine" | "Redis" | "Postgres" | "Clock" | "Email" | "Address" | "Backups";
  readonly name: string;
  readonly level: Level;
  readonly found: string;
  /** What to do; absent when all is well. */
  readonly advice?: string;
}

/** Makes findings of one area. */
export const about = (area: Finding["area"]) => ({
  ok: (name: string, found: string): Finding => ({ area, name, level: "ok", found }),
  warning: (name: string, found: string, advice: string): Finding => ({ area, name, level: "warning", found, advice }),
  problem: (name: string, found: string, advice: string): Finding => ({ area, name, level: "problem", found, advice }),
});

/** An error's own words, without the stack; connections that fail at several addresses hide theirs inside. */
export const wordsOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
};

/** Resolves with the work, or rejects after `ms` milliseconds with a sentence. */
export const within = async <T>(work: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
