// What must agree with what: contracts with the gateway and the handlers, migrations with their numbers, and our
// variables with the names that moleculer-runner reads for itself.
import { ServiceBroker } from "moleculer";
import { describeApi } from "../../gateway/openapi.ts";
import { publicActions } from "../../gateway/operations.ts";
import { contracts, jobContracts } from "../../shared/contracts/index.ts";
import { migrations } from "../../shared/db/migrations/index.ts";
import { variables } from "../../shared/variables.ts";
import { projectFiles } from "./rule.ts";
import { lastName, type Source, textOf } from "./source.ts";

const restActions = (): { name: string; method: string; path: string; root: boolean }[] =>
  Object.entries(contracts).flatMap(([service, { actions }]) =>
    Object.entries(actions as Record<string, { rest?: { method: string; path: string; root?: boolean } }>).flatMap(
      ([verb, { rest }]) =>
        rest ? [{ name: `${service}.${verb}`, method: rest.method, path: rest.path, root: rest.root ?? false }] : [],
    ),
  );

/** Published actions that the gateway or its description leaves out, and two that share a method and path. */
export const contractFindings = (): string[] => {
  const routed = new Set(publicActions.map(({ name }) => name));
  const described = describeApi("0.0.0", "https://learn.example.org").paths;
  const taken = new Map<string, string>();
  return restActions().flatMap(({ name, method, path, root }) => {
    const full = `${root ? "" : "/api/v1"}${path}`.replace(/:(\w+)/g, "{$1}");
    const key = `${method} ${full.replace(/\{\w+\}/g, "{}")}`;
    const other = taken.get(key);
    taken.set(key, name);
    return [
      ...(routed.has(name) ? [] : [`${name} has no route`]),
      ...(described[full]?.[method.toLowerCase()]?.operationId === name
        ? []
        : [`${name} is not described at ${method} ${full}`]),
      ...(other ? [`${name} and ${other} share ${key}`] : []),
    ];
  });
};

/** Jobs of the contracts for which the owning group's folder has no `defineJob({ name: "…" })`. */
export const jobsWithoutHandler = (sources: readonly Source[]): string[] => {
  const handled = sources.flatMap(({ path, nodes }) =>
    nodes.flatMap((node) => {
      if (node.type !== "CallExpression" || lastName(node.callee) !== "defineJob") return [];
      const [definition] = node.arguments as readonly { properties?: readonly { key?: unknown; value?: unknown }[] }[];
      const name = definition?.properties?.find(({ key }) => lastName(key) === "name");
      return [`${path.split("/").slice(0, 2).join("/")} ${textOf(name?.value)}`];
    }),
  );
  return [...jobContracts].flatMap(([name, { group }]) =>
    handled.includes(`services/${group} ${name}`) ? [] : [`${name}: no defineJob below services/${group}/`],
  );
};

const migrationFiles = () =>
  projectFiles("shared/db/migrations").flatMap((path) => /\/(\d{4}_.*)\.ts$/.exec(path)?.slice(1) ?? []);

/** Gaps in the numbers, and files that do not run in their order. */
export const migrationFindings = (files = migrationFiles(), run = migrations.map(({ name }) => name)): string[] => [
  ...files.flatMap((name, index) =>
    Number(name.slice(0, 4)) === index + 1
      ? []
      : [`${name}: expected the number ${String(index + 1).padStart(4, "0")}`],
  ),
  ...(files.join() === run.join() ? [] : [`the files are ${files.join(", ")}; what runs is ${run.join(", ")}`]),
];

/** Names of the options that moleculer.config.ts sets. */
const ourOptions = (sources: readonly Source[]): string[] =>
  sources.flatMap(({ path, nodes }) =>
    nodes.flatMap((node) => {
      if (path !== "moleculer.config.ts" || node.type !== "VariableDeclarator" || lastName(node.id) !== "options")
        return [];
      const { properties = [] } = node.init as { properties?: readonly { key?: unknown }[] };
      return properties.map(({ key }) => lastName(key) ?? "");
    }),
  );

/**
 * Which of these names moleculer-runner reads for itself, overriding what moleculer.config.ts says. It takes the path of
 * an option in capitals, joined by underscores; whatever begins with an option's name is held for one.
 */
export const runnerOverrides = (sources: readonly Source[], names = variables.map(({ name }) => name)): string[] => {
  const options = [...Object.keys(ServiceBroker.defaultOptions), ...ourOptions(sources)].map((name) =>
    name.toUpperCase(),
  );
  const own = ["MOLECULER_CONFIG", "SERVICES", "SERVICEDIR"];
  return names.filter(
    (name) =>
      own.includes(name) ||
      name.startsWith("MOL_") ||
      options.some((option) => name === option || name.startsWith(`${option}_`)),
  );
};
