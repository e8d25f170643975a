// `node railway/cost-table.ts`, part of `npm run docs`: writes the table of costs in railway/README.md from railway/costs.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { data, estimate, measured, originalPlan, prices } from "./costs.ts";
import { environments } from "./layout.ts";

const begin = "<!-- generated: costs (npm run docs) -->";
const end = "<!-- end -->";

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const percent = (share: number) => `${(share * 100).toFixed(share < 0.001 ? 2 : 1)} %`;
const dollars = (amount: number) => `${amount.toFixed(2)} $`;

/** What each process needs when idle, and what a month costs, as Markdown. */
export const costTables = (): string => {
  const processes = environments.flatMap((environment) =>
    Object.entries(measured[environment]).map(([name, { mb, cpu }]) =>
      row([environment, `\`${name}\``, `${mb} MB`, percent(cpu)]),
    ),
  );
  const databases = Object.entries(data).map(([name, { mb, cpu }]) =>
    row(["both", `${name} (estimated)`, `${mb} MB`, percent(cpu)]),
  );
  const months = environments.flatMap((environment) =>
    [1, 2].map((replicas) => {
      const { use, paid } = estimate(environment, Object.keys(measured[environment]), replicas);
      return row([environment, String(replicas), dollars(use), dollars(paid.Hobby), dollars(paid.Pro)]);
    }),
  );
  const together = environments.reduce(
    (sum, environment) => sum + estimate(environment, Object.keys(measured[environment]), 1).use,
    0,
  );
  return [
    row(["environment", "process", "memory, idle", "of a CPU, idle"]),
    row(["---", "---", "--:", "--:"]),
    ...processes,
    ...databases,
    "",
    row(["a month", "replicas of each", "use", "paid on Hobby", "paid on Pro"]),
    row(["---", "--:", "--:", "--:", "--:"]),
    ...months,
    row([
      "both, in one workspace",
      "1",
      dollars(together),
      ...Object.values(prices.plans).map((least) => dollars(Math.max(least, together))),
    ]),
    row(["the original's estimate", "1", "", dollars(originalPlan.least), ""]),
    row(["the original's estimate", "2", "", "", dollars(originalPlan.recommended)]),
  ].join("\n");
};

/** The runbook with the tables as they have to be today. Throws when the marks are missing. */
export const withCosts = (text: string): string => {
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`railway/README.md lacks the marks "${begin}" and "${end}"`);
  return `${text.slice(0, from)}${begin}\n${costTables()}\n${text.slice(to)}`;
};

if (process.argv[1] === import.meta.filename) {
  const path = resolve(import.meta.dirname, "README.md");
  writeFileSync(path, withCosts(readFileSync(path, "utf8")));
}
