// The doctor's findings in a terminal: by area, a line each, what to do below it, and the sum. Colours only where they
// are shown; the marks say the same without.
import { styleText } from "node:util";
import type { Finding, Level } from "../../shared/finding.ts";

const marks: Readonly<Record<Level, { readonly mark: string; readonly style: "green" | "yellow" | "red" }>> = {
  ok: { mark: "✓", style: "green" },
  warning: { mark: "!", style: "yellow" },
  problem: { mark: "✗", style: "red" },
};
type Style = Parameters<typeof styleText>[0];
const styled = (style: Style, text: string) => styleText(style, text, { stream: process.stdout });

/** Breaks a list of words into lines of at most `width` letters. */
const wrap = (words: readonly string[], width: number): string[] =>
  words.reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= width) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
    return lines;
  }, []);

const isUnset = ({ area, level, found }: Finding) =>
  area === "Variables" && level === "ok" && found.startsWith("not set");

const lineOf = (finding: Finding, wide: number): string[] => {
  const { mark, style } = marks[finding.level];
  const lines = [`  ${styled(style, mark)} ${finding.name.padEnd(wide)}  ${finding.found}`];
  if (finding.advice) lines.push(`    ${" ".repeat(wide)}  ${styled("dim", "→")} ${finding.advice}`);
  return lines;
};

const plural = (n: number, one: string) => `${n} ${one}${n === 1 ? "" : "s"}`;

/** The sum in one sentence. */
export const sumUp = (findings: readonly Finding[]): string => {
  const of = (level: Level) => findings.filter((finding) => finding.level === level).length;
  if (of("problem") > 0)
    return `${plural(of("problem"), "problem")} and ${plural(of("warning"), "warning")}: the lines with → say what to do.`;
  return of("warning") > 0 ? `No problem, ${plural(of("warning"), "warning")}.` : "All is well.";
};

/** The whole report as lines. Variables that are not set stand together at the end of theirs. */
export const report = (findings: readonly Finding[]): string[] => {
  const lines: string[] = [];
  for (const [area, found] of Map.groupBy(findings, (finding) => finding.area)) {
    const shown = found.filter((finding) => !isUnset(finding));
    const unset = found.filter(isUnset).map(({ name }) => name);
    const wide = Math.max(0, ...shown.map(({ name }) => name.length));
    lines.push("", styled("bold", area), ...shown.flatMap((finding) => lineOf(finding, wide)));
    if (unset.length > 0)
      lines.push(
        ...wrap(unset, 100).map((line, index) =>
          styled("dim", `  ${index === 0 ? "· not set: " : "           "}${line}`),
        ),
      );
  }
  return [...lines, "", sumUp(findings), ""];
};
