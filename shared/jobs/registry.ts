// Which handlers this process has, checked against the contracts when it starts: a job type that nothing consumes must
// be impossible, and so must two handlers of one type.
import { contracts, jobContracts, type ServiceName } from "../contracts/index.ts";
import type { JobDefinition } from "./define.ts";

/** The part of a service schema that is looked at here; `service()` puts the definitions there. */
export interface JobOwner {
  readonly name: string;
  readonly jobDefinitions?: readonly JobDefinition[];
}

/** The handlers of each deployment group that this process runs services of. */
export type Registry = ReadonlyMap<string, readonly JobDefinition[]>;

const groupOf = (service: string): string | undefined =>
  service in contracts ? contracts[service as ServiceName].group : undefined;

const nearest = (name: string): string => {
  const noun = name.split(".")[0];
  const near = [...jobContracts.keys()].filter((known) => known.split(".")[0] === noun);
  return near.length > 0 ? `; ${noun} has ${near.join(", ")}` : "";
};

/**
 * Collects `jobDefinitions` from service schemas, by group. Throws, naming the type, when a handler has no contract, is
 * not its group's, or is there twice, and when a group that runs here lacks the handler of one of its types.
 */
export const collectJobs = (schemas: readonly JobOwner[]): Registry => {
  const byGroup = new Map<string, JobDefinition[]>();
  const owners = new Map<string, string>();
  for (const schema of schemas) {
    const group = groupOf(schema.name);
    if (!group) continue;
    const definitions = byGroup.get(group) ?? [];
    byGroup.set(group, definitions);
    for (const definition of schema.jobDefinitions ?? []) {
      const contract = jobContracts.get(definition.name);
      if (!contract)
        throw new Error(
          `${schema.name} handles the job ${definition.name}, which no contract declares${nearest(definition.name)}`,
        );
      if (contract.group !== group)
        throw new Error(
          `${schema.name} handles the job ${definition.name}, which is the group ${contract.group}'s; its own group is ${group}`,
        );
      const owner = owners.get(definition.name);
      if (owner)
        throw new Error(
          `The job ${definition.name} is handled by ${owner} and by ${schema.name}; one of them is too many`,
        );
      owners.set(definition.name, schema.name);
      definitions.push(definition);
    }
  }
  for (const [name, contract] of jobContracts) {
    if (byGroup.has(contract.group) && !owners.has(name))
      throw new Error(
        `Nothing handles the job ${name}: give a service of the group ${contract.group} a defineJob for it, or take it out of the contracts`,
      );
  }
  return byGroup;
};
