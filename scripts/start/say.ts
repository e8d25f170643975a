// What a newcomer sees in the terminal: steps as they happen, warnings in one line each, and the box with the URL.
// A terminal that goes away never ends the platform.
import { styleText } from "node:util";

process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

type Style = Parameters<typeof styleText>[0];
const styled = (style: Style, text: string) => styleText(style, text, { stream: process.stdout });

/** Prints one line. */
export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Prints a step of the start or the stop. */
export const step = (line: string): void => say(`${styled("cyan", "▸")} ${line}`);

/** Prints something that went wrong, and lines that explain it, indented. */
export const trouble = (line: string, details: readonly string[] = []): void => {
  say(`${styled("yellow", "!")} ${line}`);
  for (const detail of details) say(`    ${detail}`);
};

/** Prints rows of label and text in a frame. */
export const box = (title: string, rows: readonly (readonly [label: string, text: string])[]): void => {
  const wide = Math.max(...rows.map(([label]) => label.length));
  say("");
  say(`  ${styled("bold", title)}`);
  for (const [label, text] of rows) say(`  ${label.padEnd(wide)}  ${text}`);
  say("");
};

/** A reason to stop that is told to the user as it stands, without a stack. */
export class StartError extends Error {
  override name = "StartError";
}
