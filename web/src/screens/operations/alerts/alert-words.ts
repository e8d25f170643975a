// Rules and incidents in words and numbers, as people read and type them.
import type { ApiResult, Row } from "../../../api.ts";
import { duration, type Word } from "../../../words.ts";

export type Rule = ApiResult<"monitors.list">["data"][number];
export type Incident = Row<"monitors.incidents">;
export type Channels = ApiResult<"monitors.channels">;
export type Notice = Channels["notices"][number];
export type Unit = Rule["unit"];

/** A value in its unit. */
export const inUnit = (unit: Unit, value: number): string => {
  if (unit === "seconds") return value === 0 ? "0 s" : duration(value);
  if (unit === "hours") return value === 0 ? "0 h" : duration(value * 3_600);
  const rounded = value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
  return unit === "percent" ? `${rounded}%` : String(rounded);
};

/** What stands behind the field of a limit. */
export const unitWords: Readonly<Record<Unit, string>> = {
  seconds: "seconds",
  percent: "percent",
  hours: "hours",
  count: "",
};

/** The state of a rule. */
export const ruleWord = (rule: Rule): Word => {
  if (rule.state === "off") return { label: "off", tone: "neutral" };
  if (rule.state === "open") return { label: "open", tone: "bad" };
  if (rule.state === "rising") return { label: "rising", tone: "warn" };
  return rule.last ? { label: "fine", tone: "good" } : { label: "not read yet", tone: "neutral" };
};

/** What a rule read last, beside its limit; nothing where there is nothing. */
export const readingWords = ({ last, unit, threshold }: Rule): string =>
  last && last.value > 0
    ? `now ${inUnit(unit, last.value)}${last.subject ? ` (${last.subject})` : ""}, limit ${inUnit(unit, threshold)}`
    : "";

interface Choice {
  readonly label: string;
  readonly unit: Unit;
  /** What `subject` names; undefined where there is nothing to choose. */
  readonly about?: "queue" | "type";
  readonly usual: number;
}

/** Kinds of rules that people can make, in the order in which they are offered. */
export const kindChoices: Readonly<Record<Rule["kind"], Choice>> = {
  "queue-age": { label: "A job waits too long", unit: "seconds", about: "queue", usual: 300 },
  "wait-p95": { label: "Jobs usually start late", unit: "seconds", about: "queue", usual: 120 },
  "no-throughput": { label: "Work stands still", unit: "seconds", about: "queue", usual: 120 },
  "failure-rate": { label: "Jobs fail", unit: "percent", about: "type", usual: 20 },
  "dead-letters": { label: "Events nobody could handle", unit: "count", usual: 0 },
  "missed-slots": { label: "A schedule was missed", unit: "count", usual: 0 },
  "outbox-lag": { label: "Events are not published", unit: "seconds", usual: 60 },
  "campaigns-held": { label: "Campaigns wait for your release", unit: "count", usual: 0 },
  "hold-age": { label: "A queue was left paused", unit: "hours", usual: 24 },
  "workers-gone": { label: "A process vanished", unit: "count", usual: 0 },
  "backup-age": { label: "There is no new backup", unit: "hours", usual: 48 },
  "redis-memory": { label: "Redis fills up", unit: "percent", usual: 80 },
  "redis-settings": { label: "Redis is set up so that work can be lost", unit: "count", usual: 0 },
  "redis-away": { label: "Redis is away", unit: "count", usual: 0 },
};

/** How a notice went out. */
export const noticeWords = ({ emailed, webhook, webhookError }: Notice): string => {
  const hook = {
    waiting: webhookError ? `the webhook is tried again: ${webhookError}` : "the webhook is on its way",
    sent: "the webhook took it",
    failed: `the webhook never took it: ${webhookError ?? ""}`,
  };
  return [emailed > 0 ? `mailed to ${emailed}` : "no mail", ...(webhook ? [hook[webhook]] : [])].join(", ");
};
