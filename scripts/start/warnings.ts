// Warnings and errors of the children in the terminal, one readable line each, repeats collapsed.
import { collapseRepeats, parseLogLine } from "./log-lines.ts";
import { trouble } from "./say.ts";

/** Makes a reader of a child's log lines that shows what is a warning or worse. */
export const showWarnings = (name: string): ((line: string) => void) => {
  const show = collapseRepeats((text) => trouble(text));
  return (line) => {
    const entry = parseLogLine(line);
    if (entry && ["warn", "error", "fatal"].includes(entry.level)) show(`${name}: ${entry.level}: ${entry.text}`);
  };
};
