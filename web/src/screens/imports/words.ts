// What the states of an import mean.
import type { Row } from "../../api.ts";
import type { Word } from "../../words.ts";

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
