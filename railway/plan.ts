// `npm run railway:plan [-- production|staging]`: what applying the project would deploy, and what it costs a month, without
// an account. Exits with 1 when something in it is stale. It prints names of variables and never values.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { connectionsOf, findings, postgresConnections } from "./checks.ts";
import { data, type Estimate, estimate, measured, originalPlan } from "./costs.ts";
import { type Declared, type Evaluated, evaluate } from "./graph.ts";
import { type EnvironmentName, environments } from "./layout.ts";
import { sharedVariables } from "./settings.ts";
import { treeAt } from "./tree.ts";

/** Rows as text, columns padded; numbers stand as they are given. */
const table = (rows: readonly (readonly string[])[], indent = "  "): string[] => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
};

const wrapped = (label: string, names: readonly string[]): string[] => {
  if (names.length === 0) return [];
  const lines: string[] = [];
  let line = `    ${label}`.padEnd(16);
  for (const name of names) {
    if (line.length + name.length > 118) {
      lines.push(line.trimEnd());
      line = " ".repeat(16);
    }
    line += `${name} `;
  }
  return [...lines, line.trimEnd()];
};

const kinds = [
  ["fixed", "literal"],
  ["references", "reference"],
  ["shared", "sharedReference"],
  ["optional", "preserve"],
] as const;

const described = ({ name, command, node, variables, health, drainingSeconds, overlapSeconds }: Declared): string[] => [
  `  ${name}`,
  `    start       ${command}`,
  ...(node.deploy?.preDeployCommand ?? []).map((line) => `    before      ${line}`),
  `    health      ${health}, then ${overlapSeconds} s beside the old version, which has ${drainingSeconds} s to end`,
  ...kinds.flatMap(([label, type]) =>
    wrapped(
      label,
      Object.keys(variables).filter((key) => variables[key]?.type === type),
    ),
  ),
];

const money = (dollars: number) => `${dollars.toFixed(2)} $`;
const costRow = (label: string, { mb, cpu, use, paid }: Estimate): string[] => [
  label,
  `${Math.round(mb)} MB`,
  cpu.toFixed(3),
  money(use),
  money(paid.Hobby),
  money(paid.Pro),
];

/** The lines that `npm run railway:plan` prints about an environment. */
export const planLines = (evaluated: Evaluated, wrong: readonly string[]): readonly string[] => {
  const { environment, deployments, graph } = evaluated;
  const names = deployments.map(({ name }) => name);
  const sizes = deployments.map(({ name, size, replicas }) => {
    const use = measured[environment][name];
    return [
      name,
      `${replicas} → ${size.to}`,
      `${size.memoryMb} MB, ${size.cpus} vCPU`,
      use ? `${use.mb} MB, ${use.cpu} vCPU` : "not measured",
    ];
  });
  const databases = Object.entries(data).map(([name, { mb, cpu, volumeGb }]) => [
    name,
    "1",
    `volume from ${volumeGb} GB`,
    `${mb} MB, ${cpu} vCPU`,
  ]);
  const { unmeasured } = estimate(environment, names, 1);
  const now = connectionsOf(deployments);
  const most = connectionsOf(deployments, ({ size }) => size.to);
  return [
    `${graph.project.name}, environment ${environment}`,
    "",
    ...table([["Deployment", "Replicas", "Limit of one", "Needs when idle"], ...sizes, ...databases]),
    "",
    `  Postgres connections while old and new versions overlap: ${now} of ${postgresConnections}${
      most > postgresConnections ? `; with every replica ${most}, so raise max_connections before that` : ""
    }`,
    "",
    ...deployments.flatMap(described),
    "",
    "  Shared variables of the environment, to be set before the first deployment:",
    ...table(
      Object.entries(sharedVariables(environment)).map(([name, meaning]) => [name, meaning]),
      "    ",
    ),
    "",
    "  Cost a month, databases included, idle (sending adds CPU while it lasts):",
    ...table(
      [
        ["Replicas of each", "Memory", "vCPU", "Use", "Paid on Hobby", "Paid on Pro"],
        costRow("1", estimate(environment, names, 1)),
        costRow("2", estimate(environment, names, 2)),
      ],
      "    ",
    ),
    `    The plan that the platform was first meant to follow came to ${originalPlan.least} $ at least, ${originalPlan.recommended} $ recommended.`,
    ...(unmeasured.length > 0 ? [`    Not measured yet, and missing above: ${unmeasured.join(", ")}`] : []),
    "",
    ...(wrong.length > 0
      ? ["  To mend before it is applied:", ...wrong.map((finding) => `    ${finding}`)]
      : ["  Nothing in it is stale: every path, command, variable, reference and watch pattern leads somewhere."]),
    "",
  ];
};

const isEnvironment = (name: string): name is EnvironmentName => environments.some((known) => known === name);

const main = async (asked: readonly string[]): Promise<number> => {
  if (asked.includes("--help")) {
    process.stdout.write(`Usage: npm run railway:plan [-- ${environments.join("|")}]\n`);
    return 0;
  }
  const strange = asked.find((name) => !isEnvironment(name));
  if (strange) {
    process.stderr.write(
      `There is no environment "${strange}": npm run railway:plan takes ${environments.join(" or ")}, or nothing for both.\n`,
    );
    return 2;
  }
  const root = resolve(import.meta.dirname, "..");
  const tree = treeAt(root);
  const chosen = asked.filter(isEnvironment);
  let stale = 0;
  for (const environment of chosen.length > 0 ? chosen : environments) {
    const evaluated = await evaluate(environment);
    const wrong = findings(evaluated, tree, (path) => existsSync(join(root, path)));
    stale += wrong.length;
    process.stdout.write(`${planLines(evaluated, wrong).join("\n")}\n`);
  }
  return stale > 0 ? 1 : 0;
};

if (process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2));
