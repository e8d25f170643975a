// Which job streams there are: one per owning group, queue and lane, as the contracts say.
import type { QueueName } from "../contracts/contract.ts";
import { jobContracts } from "../contracts/index.ts";
import { type Lane, lanes, streamKeys } from "../streams/stream-keys.ts";

/** Queues that a group's job types travel on. */
export const ownQueues = (group: string): QueueName[] => [
  ...new Set([...jobContracts.values()].flatMap((contract) => (contract.group === group ? [contract.queue] : []))),
];

export interface JobStream {
  readonly key: string;
  readonly group: string;
  readonly queue: QueueName;
  readonly lane: Lane;
}

/** Every job stream of the platform. */
export const allJobStreams = (): JobStream[] => {
  const groups = new Set([...jobContracts.values()].map(({ group }) => group));
  return [...groups].flatMap((group) =>
    ownQueues(group).flatMap((queue) =>
      lanes.map((lane) => ({ key: streamKeys.jobs(group, queue, lane), group, queue, lane })),
    ),
  );
};
