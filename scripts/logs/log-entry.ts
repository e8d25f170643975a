// One entry of a log: a JSON line of pino, or whatever else a process printed, with the lines that belong to it.
import { styleText } from "node:util";

export const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof levels)[number];

export interface LogEntry {
  /** The process whose log it stands in. */
  readonly from: string;
  readonly raw: string;
  readonly level: Level;
  /** Unix ms; that of the entry before it where the line has none. */
  readonly time: number;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

const parse = (line: string): Record<string, unknown> | undefined => {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

const levelOf = (value: unknown): Level | undefined =>
  typeof value === "number"
    ? levels[Math.min(5, Math.max(0, Math.floor(value / 10) - 1))]
    : levels.find((name) => name === value);

/** Reads a line. One that is no JSON takes level and time of the entry before it: a stack belongs to its error. */
export const readEntry = (from: string, line: string, before: LogEntry | undefined): LogEntry => {
  const fields = parse(line);
  const level = levelOf(fields?.level);
  if (!fields || !level)
    return { from, raw: line, level: before?.level ?? "info", time: before?.time ?? 0, fields: undefined };
  const time = typeof fields.time === "number" ? fields.time : Date.parse(String(fields.time));
  return { from, raw: line, level, time: Number.isFinite(time) ? time : (before?.time ?? 0), fields };
};

type Style = Parameters<typeof styleText>[0];
const styles: Readonly<Record<Level, Style>> = {
  trace: "dim",
  debug: "dim",
  info: "cyan",
  warn: "yellow",
  error: "red",
  fatal: "red",
};
const styled = (style: Style, text: string) => styleText(style, text, { stream: process.stdout });
/** Said elsewhere in the line, or the same in every line. */
const leftOut = new Set([
  "level",
  "time",
  "msg",
  "message",
  "replica",
  "nodeID",
  "ns",
  "mod",
  "svc",
  "ver",
  "pid",
  "hostname",
]);

const shown = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** The entry as a line for people: time, level, process, message, and what else it says. */
export const prettyEntry = ({ from, raw, level, time, fields }: LogEntry, wide: number): string => {
  if (!fields) return `${" ".repeat(13)}${styled("dim", from.padEnd(wide))}        ${raw}`;
  const at = new Date(time);
  const clock = `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  const message = shown(fields.msg ?? fields.message ?? "");
  const rest = Object.entries(fields)
    .filter(([name, value]) => !leftOut.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => styled("dim", `${name}=${shown(value)}`));
  const words = [clock, styled("dim", from.padEnd(wide)), styled(styles[level], level.padEnd(5)), message, ...rest];
  return words.join(" ").trimEnd();
};
