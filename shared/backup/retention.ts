// Which backups stay: the newest of each of the last days, weeks and months. The newest of all always stays.

export interface Keep {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** Reads `7d,4w,6m` in any order; undefined when it is no such text. What is not named is none. */
export const readKeep = (text: string): Keep | undefined => {
  const keep = { d: 0, w: 0, m: 0 };
  for (const part of text.split(",")) {
    const [, count = "", unit = ""] = /^\s*(\d{1,3})([dwm])\s*$/.exec(part) ?? [];
    if (unit !== "d" && unit !== "w" && unit !== "m") return undefined;
    keep[unit] = Number(count);
  }
  return keep.d + keep.w + keep.m > 0 ? { daily: keep.d, weekly: keep.w, monthly: keep.m } : undefined;
};

/** What is wrong with LC_BACKUP_KEEP. */
export const refuseKeep = (text: string): string | undefined =>
  readKeep(text) ? undefined : "numbers of days, weeks and months such as 7d,4w,6m, of which at least one is kept";

const dayMs = 86_400_000;
/** A Monday. */
const firstMonday = Date.UTC(1970, 0, 5);

const periods: readonly (readonly [keyof Keep, (at: Date) => string])[] = [
  ["daily", (at) => at.toISOString().slice(0, 10)],
  ["weekly", (at) => String(Math.floor((at.getTime() - firstMonday) / (7 * dayMs)))],
  ["monthly", (at) => at.toISOString().slice(0, 7)],
];

/** Those of `backups` that are not kept. Periods count in UTC; one without a backup does not count. */
export const expired = <B extends { readonly takenAt: string }>(backups: readonly B[], keep: Keep): B[] => {
  const newestFirst = [...backups].sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
  const kept = new Set<B>(newestFirst.slice(0, 1));
  for (const [unit, periodOf] of periods) {
    const seen = new Set<string>();
    for (const backup of newestFirst) {
      const period = periodOf(new Date(backup.takenAt));
      if (seen.has(period)) continue;
      if (seen.size === keep[unit]) break;
      seen.add(period);
      kept.add(backup);
    }
  }
  return newestFirst.filter((backup) => !kept.has(backup));
};
