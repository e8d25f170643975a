// Chooses and prints entries: the last ones of all files in the order of their time, then what comes.
import { setTimeout as delay } from "node:timers/promises";
import { type LogEntry, levels, prettyEntry, readEntry } from "./log-entry.ts";
import { findLogFiles, type LogFileOf, readAlong, readLines } from "./log-files.ts";
import { LogsError, type LogsOptions } from "./options.ts";

const pollMs = 200;

const chosen = (options: LogsOptions) => {
  const least = levels.indexOf(options.level);
  let last: { entry: LogEntry; taken: boolean } | undefined;
  return (entry: LogEntry): boolean => {
    // What follows an entry without being one, such as its stack, goes where that went.
    const belongs = entry.fields === undefined && last?.entry.from === entry.from && last.entry.fields !== undefined;
    if (belongs) return last?.taken === true;
    const taken =
      levels.indexOf(entry.level) >= least &&
      options.ids.every((id) => entry.raw.includes(id)) &&
      (options.grep?.test(entry.raw) ?? true);
    if (entry.fields !== undefined || last?.entry.from !== entry.from) last = { entry, taken };
    return taken;
  };
};

const entriesOf = (file: LogFileOf, lines: readonly string[]): LogEntry[] => {
  const entries: LogEntry[] = [];
  for (const line of lines) entries.push(readEntry(file.name, line, entries.at(-1)));
  return entries;
};

/**
 * Prints what was asked for. With `follow` it goes on until the signal, which a terminal's Ctrl-C need not be: the
 * process ends then. Throws LogsError when there is no such log, and when nothing matches and nothing is followed.
 */
export const showLogs = async (
  dataDir: string,
  options: LogsOptions,
  print: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const files = findLogFiles(dataDir, options.names);
  const wide = Math.max(...files.map(({ name }) => name.length));
  const shown = (entry: LogEntry) => (options.json ? entry.raw : prettyEntry(entry, wide));
  const past = files.map((file) => ({ file, ...readLines(file) }));
  const found = past.flatMap(({ file, lines }) => entriesOf(file, lines).filter(chosen(options)));
  // Stable: entries of the same moment keep the order in which they were written.
  const last = options.count === 0 ? [] : found.sort((a, b) => a.time - b.time).slice(-options.count);
  for (const entry of last) print(shown(entry));
  if (!options.follow) {
    if (found.length === 0)
      throw new LogsError(
        `Nothing in the ${files.length === 1 ? "log" : "logs"} of ${files.map(({ name }) => name).join(", ")} matches.`,
      );
    return;
  }
  const following = past.map(({ file, size }) => ({ file, more: readAlong(file, size), takes: chosen(options) }));
  while (!signal?.aborted) {
    for (const { file, more, takes } of following)
      for (const entry of entriesOf(file, more()).filter(takes)) print(shown(entry));
    await delay(pollMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
};
