// What the states of an import mean, and how fast it goes.
import type { Row } from "../../api.ts";
import { count, duration, type Word } from "../../words.ts";

export type Import = Row<"imports.list">;
export const importWords: Readonly<Record<Import["status"], Word>> = {
  queued: { label: "waiting", tone: "accent" },
  running: { label: "being taken in", tone: "accent" },
  completed: { label: "completed", tone: "good" },
  failed: { label: "failed", tone: "bad" },
  cancelled: { label: "cancelled", tone: "neutral" },
  undoing: { label: "being undone", tone: "accent" },
  undone: { label: "undone", tone: "neutral" },
};
/** True while its counts may still change. */
export const underWay = (status: Import["status"]): boolean =>
  status === "queued" || status === "running" || status === "undoing";

/** Rows a second since it started, and how long it took or will take. What took no second has no speed. */
export const pace = (entry: Import): string => {
  if (!entry.startedAt) return "It starts in a moment.";
  const seconds = Math.max(
    0.001,
    ((entry.finishedAt ? Date.parse(entry.finishedAt) : Date.now()) - Date.parse(entry.startedAt)) / 1000,
  );
  const rows = entry.inserted + entry.updated + entry.skipped + entry.failed;
  const rate = `${count(Math.round(rows / Math.max(seconds, 1)))} rows a second`;
  if (entry.finishedAt && seconds < 1) return duration(seconds);
  if (entry.finishedAt) return `${duration(seconds)}, ${rate}`;
  return entry.progress > 0.02
    ? `${rate}, about ${duration((seconds / entry.progress) * (1 - entry.progress))} left`
    : rate;
};
