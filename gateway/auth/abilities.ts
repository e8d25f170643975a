// Who may do what: the one place that compares a caller with the permission and the roles of a contract.
import type { Caller } from "../../shared/broker/context.ts";
import type { Ability, Role } from "../../shared/contracts/accounts.ts";
import type { Permission } from "../../shared/contracts/contract.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { abilitiesOfRole } from "../../shared/contracts/role-abilities.ts";

/** What a role may do. */
export const abilitiesOf = (role: Role): readonly Ability[] => abilitiesOfRole[role];

/** What a token of a person with this role may do: never more than the person. */
export const abilitiesOfToken = (role: Role, granted: readonly Ability[]): readonly Ability[] =>
  abilitiesOfRole[role].filter((ability) => granted.includes(ability));

const inWords = new Intl.ListFormat("en");

/**
 * Throws NOT_SIGNED_IN (401), SESSION_REQUIRED or ABILITY_MISSING (403) unless the caller holds the permission and one of
 * `roles`.
 */
export const demand = (permission: Permission, caller: Caller | undefined, roles?: readonly Role[]): void => {
  if (permission === "none") return;
  if (!caller)
    throw fail("NOT_SIGNED_IN", "This needs a session or an access token: sign in, or send Authorization: Bearer lc_…");
  if (permission === "session" && caller.sessionId === undefined)
    throw fail("SESSION_REQUIRED", "Passwords and sessions are a person's own: sign in in a browser to change them");
  const able = permission === "user" || permission === "session" || caller.abilities.includes(permission);
  if (able && (!roles || roles.includes(caller.role))) return;
  if (able && roles)
    throw fail(
      "ABILITY_MISSING",
      `Only ${inWords.format(roles.map((role) => `${role}s`))} may do this. Your role is ${caller.role}; ask one of them.`,
    );
  const holder = caller.tokenId ? "This access token" : `The role ${caller.role}`;
  throw fail(
    "ABILITY_MISSING",
    `This needs the ability "${permission}". ${holder} has: ${caller.abilities.join(", ") || "none"}`,
  );
};
