// Exponential backoff with full jitter: a delay anywhere between nothing and a ceiling that doubles with each attempt.
// Formula: random(0, min(cap, base × 2^(attempt − 1))), after "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/** Milliseconds to wait after failed attempt `attempt` (1 for the first). `random` gives a number in [0, 1). */
export const fullJitter = (attempt: number, { baseMs, capMs }: Backoff, random: () => number = Math.random): number => {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 30));
  return Math.round(random() * ceiling);
};
