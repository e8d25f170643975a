// What would make a deployment fail or go stale, found before it is deployed: commands, paths, variables, references,
// watch patterns, times and connections. Pure functions of a graph and a tree; a finding is a sentence that names the
// deployment and what to do.
import { jobConnections } from "../shared/jobs/job-connections.ts";
import { variables } from "../shared/variables.ts";
import type { Declared, Evaluated } from "./graph.ts";
import { namesFor, sharedVariables } from "./settings.ts";
import { reachedFrom, serviceFilesIn, type Tree } from "./tree.ts";
import { covers, patternsFor, programsOf } from "./watch-patterns.ts";

/** What Postgres grants to others than its superuser, at its default of 100. */
export const postgresConnections = 97;

/** What Railway gives every service without being asked. */
const provided = /^RAILWAY_[A-Z_]+$/;
const databaseOutputs: Readonly<Record<string, RegExp>> = {
  "database.Postgres": /^(DATABASE_(PUBLIC_)?URL|PG[A-Z]+|POSTGRES_[A-Z]+)$/,
  "database.Redis": /^(REDIS_(PUBLIC_)?URL|REDIS_PASSWORD|REDIS(HOST|PASSWORD|PORT|USER))$/,
};

const exists = (tree: Tree, path: string) =>
  tree.files.has(path) || [...tree.files].some((file) => file.startsWith(`${path}/`));

/** Files and folders that commands, build and Caddy name. `installed` says whether a file of a package is there. */
export const pathFindings = (
  { deployments }: Evaluated,
  tree: Tree,
  installed: (path: string) => boolean,
): readonly string[] =>
  deployments.flatMap((deployment) => {
    const commands = [deployment.command, ...(deployment.node.deploy?.preDeployCommand ?? [])];
    const missing = commands.flatMap((command) => {
      const [program = "", ...words] = command.split(" ");
      const wrapped = /^(node|caddy)$/.test(program)
        ? []
        : [`starts with "${program}": begin with node or caddy themselves, or SIGTERM never reaches them`];
      const paths = words.filter((word) => /[/.]/.test(word) && !word.startsWith("-"));
      return [
        ...wrapped,
        ...paths
          .filter((path) => (path.startsWith("node_modules/") ? !installed(path) : !exists(tree, path)))
          .map((path) => `names ${path} in "${command}", which does not exist`),
      ];
    });
    const empty = deployment.folders
      .filter((folder) => serviceFilesIn(tree, folder).length === 0)
      .map((folder) => `runs ${folder}, which holds no service`);
    const dockerfile = deployment.node.build?.dockerfilePath ?? "";
    const built = tree.files.has(dockerfile) ? [] : [`is built from ${dockerfile || "nothing"}, which does not exist`];
    return [...missing, ...empty, ...built].map((finding) => `${deployment.name} ${finding}`);
  });

/** Groups that no deployment runs, or several do. Production has no sandbox. */
export const groupFindings = ({ deployments, environment }: Evaluated, tree: Tree): readonly string[] => {
  const registered = [...tree.files].flatMap(
    (path) => /^(?:services\/([^/]+)\/.*|(gateway)\/.*)\.service\.ts$/.exec(path) ?? [],
  );
  const groups = [...new Set(registered.filter((name) => name && !name.includes("/")))];
  return groups.flatMap((group) => {
    const wanted = group === "sandbox" && environment === "production" ? 0 : 1;
    const found = deployments.filter((deployment) => deployment.groups.includes(group)).length;
    return found === wanted
      ? []
      : [`${group} runs in ${found} deployments instead of ${wanted}: see railway/layout.ts`];
  });
};

const referenceFindings = ({ graph, deployments, environment }: Evaluated, { variables: own }: Declared): string[] =>
  Object.entries(own).flatMap(([name, value]) => {
    if (value.type === "sharedReference")
      return value.name in sharedVariables(environment)
        ? []
        : [`takes ${name} from the shared variable ${value.name}, which the runbook does not name`];
    if (value.type === "literal") {
      const { refuse } = variables.find((variable) => variable.name === name) ?? {};
      const wanted = refuse?.(value.value ?? "");
      return wanted ? [`sets ${name} to "${value.value}", which is refused: expected ${wanted}`] : [];
    }
    if (value.type !== "reference") return [];
    const target = deployments.find((deployment) => value.resource === `service.${deployment.name}`);
    const known = graph.resources.some(({ address }) => address === value.resource);
    const given =
      databaseOutputs[value.resource]?.test(value.output) ||
      (target !== undefined && (value.output in target.variables || provided.test(value.output)));
    return known && given ? [] : [`takes ${name} from ${value.resource}.${value.output}, which nothing provides`];
  });

/** Names that a Caddyfile reads from the environment. */
const placeholdersIn = (tree: Tree, path: string): readonly string[] =>
  tree.files.has(path)
    ? [...new Set([...tree.read(path).matchAll(/\{\$([A-Z_]+)/g)].map(([, name]) => name ?? ""))]
    : [];

/** Variables: exactly those that the groups need, with values that resolve and that the platform takes. */
export const variableFindings = (evaluated: Evaluated, tree: Tree): readonly string[] =>
  evaluated.deployments.flatMap((deployment) => {
    const declared = Object.keys(deployment.variables);
    const wanted = deployment.kind === "node" ? namesFor(deployment.groups) : placeholdersIn(tree, "railway/Caddyfile");
    return [
      ...wanted
        .filter((name) => !declared.includes(name))
        .map((name) => `lacks ${name}, which it reads by shared/variables.ts or railway/Caddyfile`),
      ...declared
        .filter((name) => !wanted.includes(name))
        .map((name) => `has ${name}, which it does not read: add its group in shared/variables.ts or drop it`),
      ...referenceFindings(evaluated, deployment),
    ].map((finding) => `${deployment.name} ${finding}`);
  });

/** Watch patterns: as the import graph of today demands them, and each of them leading somewhere. */
export const watchFindings = ({ deployments }: Evaluated, tree: Tree): readonly string[] =>
  deployments.flatMap((deployment) => {
    const { name, watchPatterns } = deployment;
    const uncovered = [...reachedFrom(tree, programsOf(tree, deployment))].filter(
      (path) => !watchPatterns.some((pattern) => covers(pattern, path)),
    );
    const idle = watchPatterns.filter((pattern) => ![...tree.files].some((path) => covers(pattern, path)));
    const wanted = patternsFor(tree, deployment);
    const extra = watchPatterns.filter((pattern) => !wanted.includes(pattern) && !idle.includes(pattern));
    const missing = wanted.filter((pattern) => !watchPatterns.includes(pattern));
    return [
      ...uncovered.map((path) => `would not be built anew when ${path} changes`),
      ...idle.map((pattern) => `watches ${pattern}, which matches no file`),
      ...extra.map((pattern) => `watches ${pattern}, which it does not use`),
      ...(uncovered.length === 0 ? missing.map((pattern) => `does not watch ${pattern}`) : []),
    ].map((finding) => `${name} ${finding}: run npm run docs`);
  });

/** Times, health, migrations and restarts. */
export const lifeFindings = ({ deployments }: Evaluated): readonly string[] => {
  const migrating = deployments.filter(({ node }) => (node.deploy?.preDeployCommand ?? []).length > 0);
  return [
    ...(migrating.length === 1 ? [] : [`${migrating.length} deployments migrate before they start; it must be one`]),
    ...deployments.flatMap(({ name, kind, node, variables: own, drainingSeconds, overlapSeconds }) => {
      const text = (key: string) => (own[key]?.type === "literal" ? (own[key].value ?? "") : "");
      const health = node.deploy?.healthcheckPath;
      return [
        ...(health?.startsWith("/health/") ? [] : [`has no health check: Railway would take it for up at once`]),
        ...(kind === "node" && drainingSeconds < Number(text("LC_SHUTDOWN_SECONDS") || Number.NaN) + 10
          ? [
              `is killed ${drainingSeconds} s after SIGTERM, before its ${text("LC_SHUTDOWN_SECONDS")} s of draining end`,
            ]
          : []),
        ...(drainingSeconds > 0 && overlapSeconds > 0 ? [] : ["has no draining or no overlap: their default is none"]),
        ...(kind === "node" && text("LC_MIGRATE") !== "0" ? ["migrates by itself at start: set LC_MIGRATE to 0"] : []),
        ...(text("PORT") ? [] : ["has no fixed PORT, so others cannot reach it"]),
        ...(node.deploy?.restartPolicyType === "ON_FAILURE"
          ? ["declares Railway's default restart policy, which shows up as a change at every plan"]
          : []),
      ].map((finding) => `${name} ${finding}`);
    }),
  ];
};

/** Postgres connections while old and new versions overlap, with so many replicas of each as `replicas` says. */
export const connectionsOf = (
  deployments: readonly Declared[],
  replicas: (deployment: Declared) => number = ({ replicas: from }) => from,
): number =>
  deployments.reduce((sum, deployment) => {
    const pool = deployment.variables["LC_DB_POOL"];
    const size = pool?.type === "literal" ? Number(pool.value) + jobConnections : 0;
    return sum + 2 * size * replicas(deployment);
  }, 0);

/** Pools that would not fit into Postgres. */
export const connectionFindings = ({ deployments }: Evaluated): readonly string[] => {
  const needed = connectionsOf(deployments);
  return needed <= postgresConnections
    ? []
    : [
        `${needed} Postgres connections while old and new overlap, of ${postgresConnections}: make pools in railway/layout.ts smaller`,
      ];
};

/** Every finding. `installed` says whether a file of a package is there. */
export const findings = (evaluated: Evaluated, tree: Tree, installed: (path: string) => boolean): readonly string[] => [
  ...pathFindings(evaluated, tree, installed),
  ...groupFindings(evaluated, tree),
  ...variableFindings(evaluated, tree),
  ...watchFindings(evaluated, tree),
  ...lifeFindings(evaluated),
  ...connectionFindings(evaluated),
];
