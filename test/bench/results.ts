// What a benchmark leaves behind: the machine it ran on, medians and ratios on the terminal, a section in RESULTS.md, and
// a last line for programs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

export interface BenchResult {
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  readonly unit: string;
  /** True when less is better; the ratio is then turned round, so that more than 1 is always good. */
  readonly lessIsBetter?: boolean;
  /** Further lines for people: runs, conditions, other ratios. Markdown. */
  readonly notes: readonly string[];
}

const file = fileURLToPath(new URL("./RESULTS.md", import.meta.url));

/** The middle value; the mean of the two middle ones when their number is even. NaN for none. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
};

/** Three digits that count. */
export const shown = (value: number): string =>
  Number.isFinite(value)
    ? value >= 1000
      ? Math.round(value).toLocaleString("en")
      : String(Number(value.toPrecision(3)))
    : "not measured";

const versionOf = (name: string): string => {
  try {
    return (
      JSON.parse(
        readFileSync(fileURLToPath(new URL(`../../node_modules/${name}/package.json`, import.meta.url)), "utf8"),
      ) as { version: string }
    ).version;
  } catch {
    return "of unknown version";
  }
};

/** One line each on the machine and on the versions of the packages that the benchmark is about. */
export const machine = (packages: readonly string[]): string[] => [
  `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
  [`Node ${process.versions.node}`, ...packages.map((name) => `${name} ${versionOf(name)}`)].join(", "),
];

const replaceSection = (name: string, section: string): void => {
  const before = existsSync(file)
    ? readFileSync(file, "utf8")
    : "# Measured results\n\nWritten by `npm run bench -- <name>`. Ratios travel between machines, absolute figures do not.\n";
  const sections = before.split(/\n(?=## )/).map((part) => part.trimEnd());
  const place = sections.findIndex((part) => part.startsWith(`## ${name}\n`));
  if (place < 0) sections.push(section);
  else sections[place] = section;
  writeFileSync(file, `${sections.map((part) => part.trimEnd()).join("\n\n")}\n`);
};

/**
 * Prints the result and, when both sides were measured, writes its section of RESULTS.md; other benchmarks' sections
 * stay as they are.
 */
export const publish = (result: BenchResult, machineLines: readonly string[]): void => {
  const { name, ours, peer, unit, lessIsBetter = false, notes } = result;
  const ratio = lessIsBetter ? peer / ours : ours / peer;
  const section = [
    `## ${name}`,
    "",
    `Ours ${shown(ours)} ${unit}, peer ${shown(peer)} ${unit}: **${shown(ratio)} ×**`,
    "",
    ...notes,
    "",
    ...machineLines.map((line) => `- ${line}`),
    "",
  ].join("\n");
  if (Number.isFinite(ratio)) replaceSection(name, section);
  const rounded = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);
  process.stdout.write(
    `\n${section}\nRESULT ${JSON.stringify({ name, ours: rounded(ours), peer: rounded(peer), ratio: rounded(ratio), unit })}\n`,
  );
};
