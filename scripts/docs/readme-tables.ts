// The tables of README.md that are made from the code, and how they get between their markers.
import type { MetricSpec } from "../../shared/broker/metric-table.ts";
import type { Group, Variable } from "../../shared/variables.ts";

/** Columns of the table of variables. `all` stands for those that run the platform; tests choose for themselves. */
export const groupColumns: readonly Exclude<Group, "all">[] = [
  "start",
  "gateway",
  "contacts",
  "campaigns",
  "email",
  "scheduler",
  "sandbox",
  "test",
];

const cell = (text: string) => text.replaceAll("|", "\\|");
const code = (text: string | undefined) => (text ? `\`${cell(text)}\`` : "");
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((name) => (groupColumns.some((group) => group === name) ? ":-:" : "---")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

/** Variable × group, with meaning and default. */
export const variablesTable = (variables: readonly Variable[]): string =>
  table(
    ["variable", "meaning", "default", ...groupColumns],
    variables.map(({ name, meaning, fallback, groups }) => [
      code(name),
      cell(meaning),
      code(fallback),
      ...groupColumns.map((group) =>
        (groups.includes("all") && group !== "test") || groups.includes(group) ? "●" : "",
      ),
    ]),
  );

/** Package and reason, in the order of the reasons. Packages of types are left out: they have their package's reason. */
export const dependenciesTable = (installed: readonly string[], reasons: Readonly<Record<string, string>>): string =>
  table(
    ["package", "why"],
    Object.entries(reasons)
      .filter(([name]) => installed.includes(name))
      .map(([name, why]) => [code(name), cell(why)]),
  );

/** Command and meaning, in the order of the meanings. */
export const commandsTable = (scripts: readonly string[], meanings: Readonly<Record<string, string>>): string =>
  table(
    ["`npm run …`", "what it does"],
    Object.entries(meanings)
      .filter(([name]) => scripts.includes(name))
      .map(([name, meaning]) => [code(name), cell(meaning)]),
  );

/** Metric, kind, labels, meaning and who has it, in the order of the table. */
export const metricsTable = (metrics: Readonly<Record<string, MetricSpec>>): string =>
  table(
    ["metric", "kind", "labels", "what it says", "told by"],
    Object.entries(metrics).map(([name, { kind, labels, meaning, where }]) => [
      code(name),
      kind,
      labels.map(code).join(" "),
      cell(meaning),
      where,
    ]),
  );

/** Puts each text between `<!-- generated: name -->` and `<!-- end -->`. Throws when a marker is missing. */
export const fillMarkers = (readme: string, texts: Readonly<Record<string, string>>): string =>
  Object.entries(texts).reduce((whole, [name, text]) => {
    const begin = `<!-- generated: ${name} -->`;
    const from = whole.indexOf(begin);
    const to = whole.indexOf("<!-- end -->", from);
    if (from === -1 || to === -1) throw new Error(`README.md has no ${begin} … <!-- end -->`);
    return `${whole.slice(0, from + begin.length)}\n${text}\n${whole.slice(to)}`;
  }, readme);
