// Words and figures of queues: what each is for, and durations as short as a table needs them.

const purposes: Readonly<Record<string, string>> = {
  default: "Imports, campaigns, upkeep and everything that has no queue of its own",
  emails: "Work around mail: test mails, replies, bounces. Pausing it also stops sending",
  sms: "Text messages",
  calls: "Phone calls and voicemail",
  ai: "Embeddings, answers and drafts",
  provisioning: "Approvals and the services that follow",
};
/** What a queue is for. */
export const purposeOf = (queue: string): string => purposes[queue] ?? "";

/** Milliseconds as short as can be: 0.5 ms, 20 ms, 1.2 s, 3 min. */
export const brief = (ms: number): string => {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 90_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
};

/** A rate: 12/s, 0.35/s, 3/min when it is slow. */
export const rate = (perSecond: number): string => {
  if (perSecond === 0) return "0/s";
  if (perSecond < 0.1) return `${Math.round(perSecond * 60 * 10) / 10}/min`;
  return `${perSecond < 10 ? Math.round(perSecond * 100) / 100 : Math.round(perSecond)}/s`;
};

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}
/** p95 for a table cell. */
export const p95Of = (percentiles: Percentiles | null | undefined): string =>
  percentiles ? brief(percentiles.p95) : "–";
/** p50, p95 and p99 in one line. */
export const spread = (percentiles: Percentiles | null | undefined): string =>
  percentiles ? `${brief(percentiles.p50)} · ${brief(percentiles.p95)} · ${brief(percentiles.p99)}` : "–";
