// The deployment as code: what `railway config plan` and `railway config apply` read, by way of .railway/railway.ts.
// It needs no account to be evaluated. Railway's own defaults are left out, because declaring them shows up as a change
// at every plan.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineRailway, github, group, postgres, project, redis, service } from "railway/iac";
import { type Deployment, type EnvironmentName, environments, layout } from "./layout.ts";
import { drainingSeconds, healthSeconds, overlapSeconds, variablesFor } from "./settings.ts";
import { watched } from "./watched.ts";

export const projectName = "learning-center-platform";
const here = resolve(import.meta.dirname, "..");

const isEnvironment = (name: string | undefined): name is EnvironmentName =>
  environments.some((known) => known === name);

/** The repository that Railway builds from: `repository` in package.json, as `github:owner/name`. */
const repositoryOf = (root: string): string | undefined => {
  const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { repository?: string };
  return repository?.replace(/^github:/, "");
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
export const resourcesFor = (environment: EnvironmentName, root: string) => {
  const repository = repositoryOf(root);
  return [
    group("Data", [postgres("Postgres"), redis("Redis")]),
    group(
      "Platform",
      layout(environment, root).map((deployment) => serviceOf(deployment, environment, repository)),
    ),
  ];
};

/** What Railway evaluates. Throws for an environment that it does not know. */
export const program = defineRailway((context) => {
  const environment = context.environment ?? context.environmentName;
  if (!isEnvironment(environment))
    throw new Error(
      `The environment is ${environment ? `"${environment}"` : "not named"}; this project has ${environments.join(" and ")}. Choose one with: railway environment`,
    );
  return project(projectName, { resources: resourcesFor(environment, here) });
});
