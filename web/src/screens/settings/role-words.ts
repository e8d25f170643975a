// What each role may do, in words. The rules themselves stand in the gateway.
import type { Role } from "../../../../shared/contracts/role.ts";

export const roleWords: Readonly<Record<Role, string>> = {
  owner: "Everything, also people and settings",
  manager: "Reads, writes, sends, exports and erases",
  editor: "Makes contacts, imports, segments, templates and campaigns, sends nothing",
  agent: "Looks after single contacts and their consent, makes and sends no campaigns",
  viewer: "Only reads",
};

/** Roles from the most to the least that one may do. */
export const roles: readonly Role[] = ["owner", "manager", "editor", "agent", "viewer"];

/** A role with its meaning, as an entry to choose. */
export const roleChoices = roles.map((role) => ({ value: role, label: `${role} – ${roleWords[role]}` }));
