// What a check says about one thing: how it is, and in one sentence what to do about it. The check at start and
// `npm run doctor` say the same in the same words.

export type Level = "ok" | "warning" | "problem";

export interface Finding {
  readonly area: "Variables" | "Machine" | "Redis" | "Postgres" | "Clock" | "Email" | "Address" | "Backups";
  readonly name: string;
  readonly level: Level;
  /** Holds no secret: it may be logged. */
  readonly found: string;
  /** What to do; absent when all is well. */
  readonly advice?: string;
  /** A process that meets it stays up but is not ready until it is mended. */
  readonly blocks?: true;
}

/** Makes findings of one area. */
export const about = (area: Finding["area"]) => ({
  ok: (name: string, found: string): Finding => ({ area, name, level: "ok", found }),
  warning: (name: string, found: string, advice: string): Finding => ({ area, name, level: "warning", found, advice }),
  problem: (name: string, found: string, advice: string): Finding => ({ area, name, level: "problem", found, advice }),
});

/** A finding in one sentence, for logs. */
export const sentenceOf = ({ area, name, found, advice }: Finding): string =>
  `${area}: ${name} is ${found}${advice ? `. ${advice}` : ""}`;

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
