// Evaluates the project as Railway's command line does, without an account, and validates the graph that comes out.
// Tests, the rehearsal and `npm run railway:plan` look at the deployment through here.
import { resolve } from "node:path";
import {
  createRailwayContext,
  type ProjectDefinition,
  project as projectOf,
  type RailwayGraph,
  type ResourceNode,
  type ServiceNode,
  type VariableValue,
  validateGraph,
} from "railway/iac";
import { type Deployment, type EnvironmentName, layout } from "./layout.ts";
import { program } from "./project.ts";

/** A deployment of our own, as the graph declares it. */
export interface Declared extends Deployment {
  readonly node: ServiceNode;
  /** The start command as Railway gets it. */
  readonly command: string;
  readonly variables: Readonly<Record<string, VariableValue>>;
  readonly replicas: number;
  readonly overlapSeconds: number;
  readonly drainingSeconds: number;
  readonly watchPatterns: readonly string[];
}

export interface Evaluated {
  readonly environment: EnvironmentName;
  readonly graph: RailwayGraph;
  readonly deployments: readonly Declared[];
}

const edgesOf = (resources: readonly ResourceNode[]): RailwayGraph["edges"] =>
  resources.flatMap((node) => {
    const grouped = node.groupId
      ? [{ from: node.address, to: `group.${node.groupId}` as const, type: "group" as const }]
      : [];
    const variables = "variables" in node ? Object.entries(node.variables ?? {}) : [];
    return [
      ...grouped,
      ...variables.flatMap(([key, value]) =>
        value.type === "reference" ? [{ from: node.address, to: value.resource, type: "variable" as const, key }] : [],
      ),
    ];
  });

const declared = (deployment: Deployment, resources: readonly ResourceNode[]): Declared => {
  const node = resources.find(
    (resource): resource is ServiceNode => resource.type === "service" && resource.name === deployment.name,
  );
  if (!node) throw new Error(`The project has no service ${deployment.name}, which the layout names`);
  return {
    ...deployment,
    node,
    command: node.deploy?.startCommand ?? "",
    variables: node.variables ?? {},
    replicas: node.deploy?.numReplicas ?? 1,
    overlapSeconds: node.deploy?.overlapSeconds ?? 0,
    drainingSeconds: node.deploy?.drainingSeconds ?? 0,
    watchPatterns: node.build?.watchPatterns ?? [],
  };
};

/** Evaluates the project for an environment. Throws with every finding when the graph does not hold together. */
export const evaluate = async (environment: EnvironmentName): Promise<Evaluated> => {
  const definition: ProjectDefinition = await program(createRailwayContext({ environment }), projectOf);
  const resources = (definition.resources ?? []).flat();
  const graph: RailwayGraph = {
    version: 1,
    project: { name: definition.name },
    environments: [{ name: environment }],
    resources,
    edges: edgesOf(resources),
  };
  const wrong = validateGraph(graph);
  if (wrong.length > 0) throw new Error(`The project does not hold together: ${wrong.join("; ")}`);
  const root = resolve(import.meta.dirname, "..");
  return {
    environment,
    graph,
    deployments: layout(environment, root).map((deployment) => declared(deployment, resources)),
  };
};
