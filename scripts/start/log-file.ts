// The log file of one child. The child writes into it by itself, so that it neither waits for the supervisor nor breaks
// when that is gone; the supervisor reads along and keeps the file small (one older part is kept beside it).
import { closeSync, copyFileSync, fstatSync, mkdirSync, openSync, readSync, truncateSync } from "node:fs";
import { dirname } from "node:path";

const pollMs = 250;
const keptLines = 40;

export interface LogFile {
  /** A descriptor for the child's stdout and stderr; the caller closes it after spawning. */
  open(): number;
  /** The last lines since the last `open`, read up to now. */
  tail(): string[];
  close(): void;
}

/** Opens a log file for reading along. `maxBytes` is the size at which it is moved aside. */
export const followLog = (path: string, onLine: (line: string) => void, maxBytes = 10_000_000): LogFile => {
  mkdirSync(dirname(path), { recursive: true });
  const reader = openSync(path, "a+");
  const chunk = Buffer.alloc(65_536);
  let offset = fstatSync(reader).size;
  let rest = "";
  let recent: string[] = [];

  const take = (line: string) => {
    recent.push(line);
    if (recent.length > keptLines) recent.shift();
    onLine(line);
  };
  const readOn = () => {
    for (;;) {
      const size = readSync(reader, chunk, 0, chunk.length, offset);
      if (size === 0) break;
      offset += size;
      // A very long line is cut rather than kept growing in memory.
      const lines = (rest + chunk.toString("utf8", 0, size)).split("\n");
      rest = (lines.pop() ?? "").slice(-65_536);
      lines.forEach(take);
    }
    if (offset < maxBytes) return;
    // The child appends, so an emptied file goes on at its new end. A line written in between is the price.
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    offset = 0;
  };
  const timer = setInterval(() => {
    try {
      readOn();
    } catch {
      // A full disk or a removed folder must not end the supervisor.
    }
  }, pollMs);
  return {
    open: () => {
      recent = [];
      return openSync(path, "a");
    },
    tail: () => {
      readOn();
      if (rest !== "") take(rest);
      rest = "";
      return recent;
    },
    close: () => {
      clearInterval(timer);
      closeSync(reader);
    },
  };
};
