// Whether anybody is there to do a job type: every type must have a consuming group, and that group a process that runs.
import type { ServiceBroker } from "moleculer";
import { contracts, jobContracts, type ServiceName } from "../../shared/contracts/index.ts";

/** True when a process with services of the group that owns the job type is up, as this process sees the system. */
export const isAttended = (broker: ServiceBroker, job: string): boolean => {
  const group = jobContracts.get(job)?.group;
  return broker.registry
    .getServiceList({ onlyAvailable: true, skipInternal: true })
    .some(({ name }) => name in contracts && contracts[name as ServiceName].group === group);
};
