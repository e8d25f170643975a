// Where a person's limit to some communities takes hold of a call: an action that does not say what it means to such a
// person is refused, and what a handler gets to work with carries the limit.
import type { ActionContract } from "../contracts/contract.ts";
import { fail } from "../contracts/errors.ts";
import type { Meta } from "./context.ts";
import type { Deps } from "./deps.ts";

/** Throws COMMUNITIES_LIMITED (403) when the action is only for people who see all communities and this one does not. */
export const demandReach = (
  contract: Pick<ActionContract, "scope">,
  communities: readonly string[] | undefined,
): void => {
  if (communities === undefined || contract.scope !== undefined) return;
  throw fail(
    "COMMUNITIES_LIMITED",
    "This is about all communities, and you see only some of them. Ask somebody who sees all.",
  );
};

/**
 * The dependencies of a call: of what belongs to communities, limited as its caller is. Calls from within have no caller
 * and no limit.
 */
export const reaching = (deps: Deps, { caller }: Meta, contract: Pick<ActionContract, "scope">): Deps =>
  caller?.communities === undefined || contract.scope !== "community"
    ? deps
    : { ...deps, scope: { communities: caller.communities, ownAddress: caller.email.toLowerCase() } };
