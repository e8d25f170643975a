// Which backups stay: the newest of each of the last days, weeks and months. Those of the last
// 24 hours all stay, so that one taken by hand costs no other, and the newest always does.
import type { Keep } from "../backup-variables.ts";

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
  const since = Date.parse(newestFirst[0]?.takenAt ?? "") - dayMs;
  const kept = new Set<B>(newestFirst.filter(({ takenAt }) => Date.parse(takenAt) > since));
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
