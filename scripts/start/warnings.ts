// Warnings and errors of the children in the terminal, one readable line each, repeats collapsed.
import { collapseRepeats, parseLogLine } from "./log-lines.ts";
import { trouble } from "./say.ts";

/** What Moleculer says of its own connections when they are closed on purpose, at every stop. */
const goodbye = /^Redis-(pub|sub) client is disconnected/;

/** Usual after a time in which nothing ran; the screen of schedules tells which. */
const afterTimeOff = /^slots were missed and are not made up for/;

/** Makes a reader of a child's log lines that shows what is a warning or worse. */
export const showWarnings = (name: string): ((line: string) => void) => {
  const show = collapseRepeats((text) => trouble(text));
  return (line) => {
    const entry = parseLogLine(line);
    if (
      entry &&
      ["warn", "error", "fatal"].includes(entry.level) &&
      ![goodbye, afterTimeOff].some((usual) => usual.test(entry.text))
    )
      show(`${name}: ${entry.level}: ${entry.text}`);
  };
};
