// The deployment as code: what `railway config plan` and `railway config apply` read, by way of .railway/railway.ts.
// It needs no account to be evaluated. Railway's own defaults are left out, because declaring them shows up as a change
// at every plan.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineRailway, github, group, postgres, project, type ResourceNode, redis, service } from "railway/iac";
import { type Deployment, type EnvironmentName, environments, layout } from "./layout.ts";
import { drainingSeconds, healthSeconds, overlapSeconds, variablesFor } from "./settings.ts";
import { watched } from "./watched.ts";

export const projectName = "learning-center-platform";
const here = resolve(import.meta.dirname, "..");

const isEnvironment = (name: string | undefined): name is EnvironmentName =>
  environments.some((known) => known === name);

/** The repository that Railway builds from, as owner/name: `repository` in package.json, in any form that npm writes. */
const repositoryOf = (root: string): string | undefined => {
  const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    repository?: string | { url?: string };
  };
  const text = typeof repository === "string" ? repository : repository?.url;
  return text && /(?:^|github:|github\.com[/:])([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(text)?.[1];
};

const serviceOf = (deployment: Deployment, environment: EnvironmentName, repository: string | undefined) => {
  const { name, start, preDeploy, health, size } = deployment;
  return service(name, {
    ...(repository ? { source: github(repository) } : {}),
    build: {
      builder: "DOCKERFILE",
      dockerfilePath: "railway/Dockerfile",
      watchPatterns: [...(watched[environment][name] ?? [])],
    },
    start: start.join(" "),
    ...(preDeploy ? { preDeploy: preDeploy.join(" ") } : {}),
    healthcheck: health,
    healthcheckTimeout: healthSeconds,
    ...(size.from > 1 ? { replicas: size.from } : {}),
    deploy: {
      overlapSeconds,
      drainingSeconds,
      limitOverride: { containers: { cpu: size.cpus, memoryBytes: size.memoryMb * 1024 * 1024 } },
    },
    env: variablesFor(deployment, environment),
  });
};

/** Everything that an environment consists of, for the checkout at `root`. */
export const resourcesFor = (environment: EnvironmentName, root: string): ResourceNode[] => {
  const repository = repositoryOf(root);
  const platform = layout(environment, root).map((deployment) => serviceOf(deployment, environment, repository));
  return [group("Data", [postgres("Postgres"), redis("Redis")]), group("Platform", platform)].flat();
};

/**
 * The same for command lines that evaluate the file once per environment and want every resource each time: what only
 * some environments have says which. Bodies are those of the environment that is asked for.
 */
const scopedResources = (environment: EnvironmentName, root: string): ResourceNode[] => {
  const all = environments.map((name) => ({ name, resources: resourcesFor(name, root) }));
  const wanted = [environment, ...environments.filter((name) => name !== environment)];
  const seen = new Map<string, ResourceNode>();
  for (const name of wanted)
    for (const node of all.find((each) => each.name === name)?.resources ?? []) {
      const where = all.filter(({ resources }) => resources.some(({ address }) => address === node.address));
      const scope = where.length < environments.length ? { environments: where.map((each) => each.name) } : {};
      if (!seen.has(node.address)) seen.set(node.address, { ...node, ...scope });
    }
  return [...seen.values()];
};

/**
 * What Railway evaluates. Early command lines (5.43) pass no environment at all, later ones its name, the newest also
 * `pr`, with which they began to want scoped resources. Throws when it cannot know which environment is meant.
 */
export const program = defineRailway((context) => {
  const name = context.environment ?? context.environmentName;
  const scoped = "pr" in context;
  if (!isEnvironment(name) && !(scoped && name))
    throw new Error(
      name
        ? `This project has no environment "${name}", only ${environments.join(" and ")}. Choose one: railway environment`
        : "Railway's command line did not say which environment this is. Update it (railway upgrade), link one (railway link), and try again",
    );
  const environment = isEnvironment(name) ? name : "staging";
  return project(projectName, {
    resources: scoped ? scopedResources(environment, here) : resourcesFor(environment, here),
  });
});
