// Reads what the children log (JSON lines of pino, and whatever else a process prints) and makes single readable lines
// of it. Repeats are collapsed, so that one outage is two lines in the terminal and not two thousand.

export interface LogLine {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  readonly text: string;
}

const levelNames: Readonly<Record<string, LogLine["level"]>> = {
  "10": "trace", "20": "debug", "30": "info", "40": "warn", "50": "error", "60": "fatal",
  trace: "trace", debug: "debug", info: "info", warn: "warn", error: "error", fatal: "fatal",
}; // biome-ignore format: a table

const asText = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** Understands one line of a log. Undefined when it is not a JSON log line. */
export const parseLogLine = (line: string): LogLine | undefined => {
  if (!line.startsWith("{")) return undefined;
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const level = levelNames[String(entry.level)];
  if (!level) return undefined;
  const error = (entry.err ?? entry.error) as Record<string, unknown> | string | undefined;
  const reason = typeof error === "object" && error !== null ? asText(error.message) : asText(error);
  const message = asText(entry.message) ?? asText(entry.msg) ?? reason ?? "";
  const full = reason && !message.includes(reason) ? `${message} (${reason})` : message;
  return { level, text: full.replaceAll(/\s+/g, " ").slice(0, 300) };
};

/** Turns raw log text into at most `count` short lines for people: the last ones. */
export const lastLines = (raw: readonly string[], count: number): string[] =>
  raw
    .filter((line) => !/^\s+at /.test(line))
    .map((line) => {
      const parsed = parseLogLine(line);
      return parsed ? `${parsed.level}: ${parsed.text}` : line.trimEnd().slice(0, 200);
    })
    .filter((line) => line.trim() !== "")
    .slice(-count);

/**
 * Lets a text through the first time and counts it afterwards; `windowMs` milliseconds later it says how often it came
 * again. Numbers and ids in a text do not make it another one.
 */
export const collapseRepeats = (print: (text: string) => void, windowMs = 60_000) => {
  const counts = new Map<string, number>();
  return (text: string): void => {
    const key = text.replaceAll(/[0-9a-f]{8,}|\d+/gi, "#");
    const seen = counts.get(key);
    if (seen !== undefined) {
      counts.set(key, seen + 1);
      return;
    }
    counts.set(key, 0);
    print(text);
    setTimeout(() => {
      const again = counts.get(key) ?? 0;
      counts.delete(key);
      if (again > 0) print(`${text} (${again} more times within a minute)`);
    }, windowMs).unref();
  };
};
