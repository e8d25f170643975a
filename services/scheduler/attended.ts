// Whether anybody is there to do a job type: every type must have a consuming group, and that group a process that runs.
import type { ServiceBroker } from "moleculer";
import { contracts, type GroupName, jobContracts, type ServiceName } from "../../shared/contracts/index.ts";

/** The groups of which a process with services is up, as this process sees the system. */
export const groupsUp = (broker: ServiceBroker): ReadonlySet<GroupName> =>
  new Set(
    broker.registry
      .getServiceList({ onlyAvailable: true, skipInternal: true })
      .flatMap(({ name }) => (name in contracts ? [contracts[name as ServiceName].group] : [])),
  );

/** True when a process of the group that owns the job type is up. */
export const isAttended = (broker: ServiceBroker, job: string): boolean => {
  const group = jobContracts.get(job)?.group;
  return group !== undefined && groupsUp(broker).has(group);
};

/** How many job types each group owns. */
export const typesByGroup = (): ReadonlyMap<GroupName, number> => {
  const counts = new Map<GroupName, number>();
  for (const { group } of jobContracts.values()) counts.set(group, (counts.get(group) ?? 0) + 1);
  return counts;
};
