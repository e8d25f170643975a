// What a handler sees of a call: checked params, who calls, and typed calls onward.
import type { ServiceBroker } from "moleculer";
import type { Ability, Role } from "../contracts/accounts.ts";
import type { ActionName, ActionParams, ActionResult } from "../contracts/index.ts";

/** Who calls: set by the gateway from the session or token; absent for calls from within. */
export interface Caller {
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
  readonly abilities: readonly Ability[];
  /** The communities the person is limited to; absent: all of them. Tokens have those of their person. */
  readonly communities?: readonly string[];
  /** Set when an access token was used instead of a session. */
  readonly tokenId?: string;
  readonly sessionId?: string;
}

export interface Meta {
  readonly caller?: Caller;
  readonly requestId?: string;
  /** Address of the client, for the audit log; only in calls to the gateway's own services. */
  readonly address?: string;
  /** `Idempotency-Key` of the request, where the contract takes one. */
  readonly idempotencyKey?: string;
}

/** The part of Moleculer's context that handlers use. */
export interface Ctx<P> {
  readonly params: P;
  readonly meta: Meta;
  call<N extends ActionName>(name: N, params: ActionParams<N>): Promise<ActionResult<N>>;
}

/** Calls an action by its contract from outside a handler. */
export const callAction = <N extends ActionName>(
  broker: ServiceBroker,
  name: N,
  params: ActionParams<N>,
  meta: Meta = {},
): Promise<ActionResult<N>> =>
  broker.call(name, params as Record<string, unknown>, { meta: meta as Record<string, unknown> }) as Promise<
    ActionResult<N>
  >;
