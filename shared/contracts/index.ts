// Every contract in one map: the services by name, and from them all jobs and events by name.
import type { z } from "zod";
import { accounts } from "./accounts.ts";
import { audit } from "./audit.ts";
import { backups } from "./backups.ts";
import { bulk } from "./bulk.ts";
import { campaigns } from "./campaigns.ts";
import { communities, tags } from "./communities.ts";
import { consent } from "./consent.ts";
import { contactViews } from "./contact-views.ts";
import { contacts } from "./contacts.ts";
import type { ActionContract, JobContract } from "./contract.ts";
import { deadLetters } from "./dead-letters.ts";
import { email } from "./email.ts";
import { imports } from "./imports.ts";
import { jobs } from "./jobs.ts";
import { messages } from "./messages.ts";
import { metrics } from "./metrics.ts";
import { monitors } from "./monitors.ts";
import { overview } from "./overview.ts";
import { sample } from "./sample.ts";
import { sandbox } from "./sandbox.ts";
import { scheduler } from "./scheduler.ts";
import { schedules } from "./schedules.ts";
import { secondFactor } from "./second-factor.ts";
import { segments } from "./segments.ts";
import { senders } from "./senders.ts";
import { templates } from "./templates.ts";
import { users } from "./users.ts";
import { webhooks } from "./webhooks.ts";
import { workers } from "./workers.ts";

export const contracts = {
  accounts,
  audit,
  backups,
  bulk,
  campaigns,
  communities,
  consent,
  contactViews,
  contacts,
  deadLetters,
  email,
  imports,
  jobs,
  messages,
  metrics,
  monitors,
  overview,
  sample,
  sandbox,
  scheduler,
  schedules,
  secondFactor,
  segments,
  senders,
  tags,
  templates,
  users,
  webhooks,
  workers,
} as const;

export type Contracts = typeof contracts;
export type ServiceName = keyof Contracts;
export type GroupName = Contracts[ServiceName]["group"];

type Union<T> = T[keyof T];
type Merge<U> = (U extends unknown ? (k: U) => void : never) extends (k: infer I) => void ? I : never;

type AllJobs = Merge<Union<{ [S in ServiceName]: Contracts[S]["jobs"] }>>;
type AllEvents = Merge<Union<{ [S in ServiceName]: Contracts[S]["events"] }>>;
type ActionsOf<S extends ServiceName> = Contracts[S]["actions"];

export type JobName = keyof AllJobs & string;
export type JobInput<J extends JobName> = AllJobs[J] extends JobContract<infer I> ? z.output<I> : never;
export type EventName = keyof AllEvents & string;
export type EventPayload<E extends EventName> = AllEvents[E] extends z.ZodType ? z.output<AllEvents[E]> : never;

/** Full action names, `<service>.<verb>`. */
export type ActionName = Union<{ [S in ServiceName]: `${S}.${keyof ActionsOf<S> & string}` }>;
type ContractOf<N extends ActionName> = N extends `${infer S}.${infer V}`
  ? S extends ServiceName
    ? V extends keyof ActionsOf<S>
      ? ActionsOf<S>[V]
      : never
    : never
  : never;
/** What a caller passes: fields with a default may be left out. */
export type ActionParams<N extends ActionName> =
  ContractOf<N> extends ActionContract<infer P, z.ZodType> ? z.input<P> : never;
export type ActionResult<N extends ActionName> =
  ContractOf<N> extends ActionContract<z.ZodType, infer R> ? z.output<R> : never;

export interface JobEntryContract extends JobContract {
  readonly group: GroupName;
}

const services = Object.values(contracts) as readonly {
  group: GroupName;
  jobs: Record<string, JobContract>;
  events: Record<string, z.ZodType>;
}[];

/** Job types by name, each with the group that owns it. */
export const jobContracts: ReadonlyMap<string, JobEntryContract> = new Map(
  services.flatMap((s) =>
    Object.entries(s.jobs).map(([name, contract]) => [name, { ...contract, group: s.group }] as const),
  ),
);
/** Event payload schemas by event name. */
export const eventContracts: ReadonlyMap<string, z.ZodType> = new Map(
  services.flatMap((s) => Object.entries(s.events)),
);

/** Contract of an action by its full name, or undefined. */
export const actionContract = (name: string): ActionContract | undefined => {
  const dot = name.indexOf(".");
  const service = (contracts as Record<string, { actions: Record<string, ActionContract> }>)[name.slice(0, dot)];
  return service?.actions[name.slice(dot + 1)];
};
