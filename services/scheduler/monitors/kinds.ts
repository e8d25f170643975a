// The kinds of rules: unit, what each can be about, its sentence, and the rules that are there from the start.
import type { MonitorKind, MonitorUnit } from "../../../shared/contracts/monitors.ts";

export interface Kind {
  readonly unit: MonitorUnit;
  /** What `subject` may name; undefined where there is nothing to name. */
  readonly about?: "queue" | "type";
  /** The sentence of a rule; `about` is its subject, `limit` its threshold in words. */
  readonly rule: (about: string | null, limit: string) => string;
  /** The sentence of an incident. */
  readonly incident: (about: string, value: string) => string;
}

const jobsOf = (queue: string | null) => (queue === null ? "The jobs of a queue" : `The jobs of the queue ${queue}`);

export const kinds: Readonly<Record<MonitorKind, Kind>> = {
  "queue-age": {
    unit: "seconds",
    about: "queue",
    rule: (queue, limit) =>
      `${queue === null ? "A job of any queue" : `A job of the queue ${queue}`} waits longer than ${limit}`,
    incident: (queue, value) => `A job of the queue ${queue} has waited for ${value}`,
  },
  "wait-p95": {
    unit: "seconds",
    about: "queue",
    rule: (queue, limit) => `${jobsOf(queue)} usually wait longer than ${limit} (95 of 100 in 5 minutes)`,
    incident: (queue, value) => `In the queue ${queue}, 95 of 100 jobs waited up to ${value}`,
  },
  "failure-rate": {
    unit: "percent",
    about: "type",
    rule: (type, limit) =>
      `More than ${limit} of the jobs ${type === null ? "of a type" : type} fail (at least 5 within 10 minutes)`,
    incident: (type, value) => `${value} of the jobs ${type} fail`,
  },
  "dead-letters": {
    unit: "count",
    rule: (_about, limit) =>
      limit === "0"
        ? "An event that a group could not handle lies in the dead letters"
        : `More than ${limit} events that a group could not handle lie in the dead letters`,
    incident: (group, value) =>
      value === "1"
        ? `An event that ${group} could not handle lies in the dead letters`
        : `${value} events that ${group} could not handle lie in the dead letters`,
  },
  "no-throughput": {
    unit: "seconds",
    about: "queue",
    rule: (queue, limit) =>
      `Work waits in ${queue === null ? "a queue" : `the queue ${queue}`} and nothing moves for ${limit}`,
    incident: (queue, value) => `Work waits in the queue ${queue}, and nothing has moved for ${value}`,
  },
  "missed-slots": {
    unit: "count",
    rule: (_about, limit) =>
      limit === "0"
        ? "A schedule misses a moment at which it should fire"
        : `A schedule misses more than ${limit} of its moments within an hour`,
    incident: (schedule, value) =>
      `The schedule ${schedule} missed ${value === "1" ? "a moment" : `${value} moments`} at which it should fire`,
  },
  "outbox-lag": {
    unit: "seconds",
    rule: (_about, limit) => `An event waits longer than ${limit} to reach Redis`,
    incident: (_about, value) => `An event has waited for ${value} to reach Redis`,
  },
  "redis-memory": {
    unit: "percent",
    rule: (_about, limit) => `Redis uses more than ${limit} of the memory it may have`,
    incident: (_about, value) => `Redis uses ${value} of the memory it may have`,
  },
  "redis-settings": {
    unit: "count",
    rule: () => "Redis has a setting with which work can be lost",
    incident: (_about, value) =>
      `Redis has ${value === "1" ? "a setting" : `${value} settings`} with which work can be lost`,
  },
  "redis-away": {
    unit: "count",
    rule: () => "Redis does not answer",
    incident: () => "Redis does not answer",
  },
  "campaigns-held": {
    unit: "count",
    rule: (_about, limit) =>
      limit === "0" ? "A campaign waits for your release" : `More than ${limit} campaigns wait for your release`,
    incident: (_about, value) => `${value} ${value === "1" ? "campaign waits" : "campaigns wait"} for your release`,
  },
  "hold-age": {
    unit: "hours",
    rule: (_about, limit) => `A queue or job type is paused for longer than ${limit}`,
    incident: (held, value) => `The ${held} has been paused for ${value}`,
  },
  "workers-gone": {
    unit: "count",
    rule: (_about, limit) =>
      limit === "0"
        ? "A process vanishes without a goodbye"
        : `More than ${limit} processes of the same services vanish within ten minutes`,
    incident: (services, value) =>
      `${value === "1" ? "A process" : `${value} processes`} with ${services} vanished without a goodbye`,
  },
  "backup-age": {
    unit: "hours",
    rule: (_about, limit) => `The newest backup is older than ${limit}`,
    incident: (_about, value) => `There has been no backup for ${value}`,
  },
};

const round = (value: number): number => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);

/** Seconds in words: 45 s, 5 min, 2 h 10 min, 3 days. */
export const durationWords = (seconds: number): string => {
  if (seconds < 90) return `${round(seconds)} s`;
  if (seconds < 5_400) return `${round(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.round((seconds % 3_600) / 60);
  if (hours >= 48) return `${Math.round(seconds / 86_400)} days`;
  return minutes === 0 || minutes === 60 ? `${hours + (minutes === 60 ? 1 : 0)} h` : `${hours} h ${minutes} min`;
};

/** A value in its unit, in words. */
export const valueWords = (unit: MonitorUnit, value: number): string => {
  if (unit === "seconds") return durationWords(value);
  if (unit === "hours") return durationWords(value * 3_600);
  return unit === "percent" ? `${round(value)}%` : String(round(value));
};

export interface RuleWords {
  readonly kind: MonitorKind;
  readonly subject: string | null;
  readonly threshold: number;
  readonly forSeconds: number;
}

/** What a rule means, as a sentence. */
export const ruleSentence = ({ kind, subject, threshold, forSeconds }: RuleWords): string => {
  const { unit, rule } = kinds[kind];
  return `${rule(subject, valueWords(unit, threshold))}${forSeconds > 0 ? `, for ${durationWords(forSeconds)}` : ""}.`;
};

/** What an incident means, as a sentence. */
export const incidentSentence = (kind: MonitorKind, subject: string, value: number): string =>
  `${kinds[kind].incident(subject, valueWords(kinds[kind].unit, value))}.`;

/** At this value or below it is well again: a fifth under the threshold, so that it does not open and close by turns. */
export const usualClearAt = (kind: MonitorKind, threshold: number): number =>
  kinds[kind].unit === "count" || kinds[kind].unit === "hours" ? threshold : threshold * 0.8;

/** How long it has to be well before it counts as recovered, in seconds. */
export const usualClearFor = 60;

export interface BuiltIn {
  readonly builtIn: string;
  readonly kind: MonitorKind;
  readonly name: string;
  readonly threshold: number;
  readonly forSeconds: number;
}

const own = (kind: MonitorKind, name: string, threshold: number, forSeconds: number): BuiltIn => ({
  builtIn: kind,
  kind,
  name,
  threshold,
  forSeconds,
});

/** The rules that every installation begins with; people change them and switch them off. */
export const builtIns: readonly BuiltIn[] = [
  own("queue-age", "Jobs wait too long", 300, 60),
  own("wait-p95", "Jobs start late", 120, 300),
  own("failure-rate", "Jobs fail", 20, 0),
  own("dead-letters", "Events nobody could handle", 0, 0),
  own("no-throughput", "Work stands still", 120, 0),
  own("missed-slots", "A schedule was missed", 0, 0),
  own("outbox-lag", "Events are not published", 60, 30),
  own("redis-memory", "Redis fills up", 80, 60),
  own("redis-settings", "Redis is set up so that work can be lost", 0, 60),
  own("redis-away", "Redis is away", 0, 30),
  own("campaigns-held", "A campaign waits for you", 0, 300),
  own("hold-age", "A queue was left paused", 24, 0),
  own("workers-gone", "A process vanished", 0, 0),
  own("backup-age", "There is no new backup", 48, 0),
];
