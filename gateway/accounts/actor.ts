// Who does something to accounts, for the audit log: from a call's meta, which only the gateway sets.
import type { Caller, Meta } from "../../shared/broker/context.ts";
import { fail } from "../../shared/contracts/errors.ts";

export interface Actor {
  readonly userId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly address?: string | undefined;
}

/** The caller of a request from outside. Throws NOT_SIGNED_IN for calls from within, which belong to nobody. */
export const callerOf = (meta: Meta): Caller => {
  if (!meta.caller) throw fail("NOT_SIGNED_IN", "This belongs to a person, and the call has none");
  return meta.caller;
};

/** The caller with the session it came by. Throws SESSION_REQUIRED when it came with an access token. */
export const sessionOf = (meta: Meta): { readonly caller: Caller; readonly sessionId: string } => {
  const caller = callerOf(meta);
  if (caller.sessionId === undefined)
    throw fail("SESSION_REQUIRED", "Passwords and sessions are a person's own: sign in in a browser to change them");
  return { caller, sessionId: caller.sessionId };
};

/** What the audit log keeps of whoever calls. */
export const actorOf = (meta: Meta): Actor => ({
  userId: meta.caller?.userId,
  tokenId: meta.caller?.tokenId,
  requestId: meta.requestId,
  address: meta.address,
});
