// The typed facade over Moleculer's ServiceSchema: names, params, results and events come from the contracts.
// A wrong name, a missing action or a wrong result is a compile error; wrong params at run time are a 422 with paths.
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import type { z } from "zod";
import type { ActionContract } from "../contracts/contract.ts";
import { fail, postgresFull } from "../contracts/errors.ts";
import {
  type Contracts,
  contracts,
  type EventName,
  type EventPayload,
  eventContracts,
  type ServiceName,
} from "../contracts/index.ts";
import { isConnectionLost, isOutOfSpace } from "../db/knex.ts";
import type { JobDefinition } from "../jobs/define.ts";
import type { Ctx, Meta } from "./context.ts";
import { note } from "./debug-log.ts";
import { type Deps, depsOf } from "./deps.ts";
import { ofRequest } from "./origin.ts";
import { demandReach, reaching } from "./reach.ts";
import { traced } from "./tracing.ts";
import { validate } from "./validate.ts";

type Handler<A> =
  A extends ActionContract<infer P, infer R>
    ? (ctx: Ctx<z.output<P>>, deps: Deps) => Promise<z.input<R>> | z.input<R>
    : never;

/** What a channel handler learns besides the payload. */
export interface EventInfo {
  /** Same for every delivery of this event; handlers are idempotent by it. */
  readonly id: string;
  readonly at: string;
}

export interface ServiceDefinition<S extends ServiceName> {
  readonly actions: { readonly [A in keyof Contracts[S]["actions"]]: Handler<Contracts[S]["actions"][A]> };
  readonly channels?: {
    readonly [E in EventName]?: (payload: EventPayload<E>, deps: Deps, info: EventInfo) => Promise<void>;
  };
  readonly jobs?: readonly JobDefinition[];
  readonly started?: (deps: Deps) => Promise<void>;
  readonly stopped?: (deps: Deps) => Promise<void>;
}

const unavailable = (error: unknown): unknown => {
  if (isOutOfSpace(error)) return postgresFull();
  return isConnectionLost(error)
    ? fail("SERVICE_UNAVAILABLE", "Postgres is away for the moment. Nothing was changed; try again.", { retryAfter: 2 })
    : error;
};

const wrapAction = (name: string, contract: ActionContract, handler: (ctx: Ctx<never>, deps: Deps) => unknown) => ({
  // Moleculer deep-clones action definitions, and a cloned zod schema is broken: validation happens here instead of in `params`.
  visibility: "published" as const,
  ...(contract.timeout === undefined ? {} : { timeout: contract.timeout }),
  async handler(this: { broker: ServiceBroker }, ctx: Context) {
    // First of all: whoever may not call it learns nothing about its parameters either.
    demandReach(contract, (ctx.meta as Meta).caller?.communities);
    const params = validate(contract.params, ctx.params, name);
    const checked = {
      params,
      meta: ctx.meta as Meta,
      call: (target: string, p: unknown) => ctx.call(target, p as Record<string, unknown>),
    };
    try {
      return await handler(checked as unknown as Ctx<never>, reaching(depsOf(this.broker), checked.meta, contract));
    } catch (error) {
      throw unavailable(error);
    }
  },
});

interface ChannelContext {
  readonly params: unknown;
  readonly headers?: Record<string, string>;
}

/** Builds a native service schema from a definition that is checked against the contracts. */
export const service = <S extends ServiceName>(name: S, definition: ServiceDefinition<S>): ServiceSchema => {
  const contract = contracts[name] as { group: string; actions: Record<string, ActionContract> };
  const handlers = definition.actions as unknown as Record<string, (ctx: Ctx<never>, deps: Deps) => unknown>;
  const actions: Record<string, unknown> = {};
  for (const [verb, actionContract] of Object.entries(contract.actions)) {
    const handler = handlers[verb];
    if (!handler) throw new Error(`${name}.${verb} is in the contract but has no handler`);
    actions[verb] = wrapAction(`${name}.${verb}`, actionContract, handler);
  }
  const channels: Record<string, unknown> = {};
  for (const [eventName, handler] of Object.entries(definition.channels ?? {})) {
    const schema = eventContracts.get(eventName);
    if (!schema || !handler) throw new Error(`${name} listens to ${eventName}, which no contract declares`);
    channels[eventName] = {
      group: contract.group,
      context: true,
      async handler(this: { broker: ServiceBroker }, ctx: ChannelContext) {
        const payload = validate(schema, ctx.params, eventName);
        const info = { id: ctx.headers?.id ?? "", at: ctx.headers?.at ?? "" };
        const run = handler as (payload: unknown, deps: Deps, info: EventInfo) => Promise<void>;
        const attributes = { "lc.event": eventName, "lc.event.id": info.id, "lc.service": name };
        const parent = { traceparent: ctx.headers?.traceparent };
        await ofRequest(ctx.headers?.requestId, () =>
          traced(`event ${eventName}`, { kind: "consumer", parent, attributes }, async () => {
            const began = performance.now();
            await run(payload, depsOf(this.broker), info);
            note("event", eventName, { id: info.id, ms: performance.now() - began, result: `handled by ${name}` });
          }),
        );
      },
    };
  }
  const schema = {
    name,
    actions,
    channels,
    // Read by the jobs middleware when the service is created; functions survive because Moleculer keeps metadata by reference there.
    jobDefinitions: definition.jobs ?? [],
    async started(this: { broker: ServiceBroker }) {
      await definition.started?.(depsOf(this.broker));
    },
    async stopped(this: { broker: ServiceBroker }) {
      await definition.stopped?.(depsOf(this.broker));
    },
  };
  return schema as unknown as ServiceSchema;
};
