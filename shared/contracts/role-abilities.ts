// What each role may do at most, by ability: the one table. Where an ability is too coarse, a contract names roles besides.
import type { Ability } from "./accounts.ts";
import type { Role } from "./role.ts";

export const abilitiesOfRole: Readonly<Record<Role, readonly Ability[]>> = {
  owner: ["read", "write", "send", "admin"],
  manager: ["read", "write", "send"],
  editor: ["read", "write"],
  agent: ["read", "write"],
  viewer: ["read"],
};
