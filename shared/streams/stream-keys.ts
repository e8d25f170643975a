// Every Redis key of events, jobs and dead letters, named in one place.
// The keys carry no namespace of the broker: one Redis database belongs to one platform.

export type Lane = "high" | "normal" | "low";

/** Lanes in the order in which their work is offered. */
export const lanes: readonly Lane[] = ["high", "normal", "low"];

const eventPrefix = "lc:events:";
const deadPrefix = "lc:dead:";

/** The part of an event's name before the first dot: `message.delivered` belongs to `message`. */
export const familyOf = (event: string): string => {
  const dot = event.indexOf(".");
  if (dot < 1 || dot === event.length - 1)
    throw new Error(`"${event}" is not an event name: expected a family and a fact, such as message.delivered`);
  return event.slice(0, dot);
};

export const streamKeys = {
  /** Stream of an event, by the event's name. Throws when the name has no family. */
  eventOf: (event: string): string => `${eventPrefix}${familyOf(event)}`,
  /** What the key of every event stream begins with. */
  events: eventPrefix,
  /** Pattern that finds every event stream. */
  allEvents: `${eventPrefix}*`,
  /** Stream of a deployment group's jobs of one queue and lane. */
  jobs: (group: string, queue: string, lane: Lane): string => `lc:jobs:${group}:${queue}:${lane}`,
  /** What a group could not handle. */
  dead: (group: string): string => `${deadPrefix}${group}`,
  /** Present as long as Redis remembers; gone when it lost its state. */
  epoch: "lc:epoch",
  /** Raised when running jobs were cancelled, so that their workers look at their leases at once. */
  cancelled: "lc:jobs-cancelled",
} as const;
