// Writes src/api-routes.ts from the contracts: method and path of every public action, and who may do it. The web app
// imports contracts as types only, so what it needs at run time is generated; a test fails when it no longer matches.
import { writeFileSync } from "node:fs";
import { managersBulkActs } from "../shared/contracts/bulk.ts";
import { type ActionContract, managers, type Permission } from "../shared/contracts/contract.ts";
import { contracts } from "../shared/contracts/index.ts";
import { Role } from "../shared/contracts/role.ts";
import { abilitiesOfRole } from "../shared/contracts/role-abilities.ts";

const everyRole = Role.options;
const isOpen = (permission: Permission): boolean => ["none", "user", "session"].includes(permission);

/** The roles that may do it in a browser. */
const rolesOf = ({ permission, roles = everyRole }: ActionContract): readonly Role[] =>
  roles.filter((role) => isOpen(permission) || abilitiesOfRole[role].some((ability) => ability === permission));

/** The constant that holds these roles in the generated file. */
const nameOf = (roles: readonly Role[]): string =>
  everyRole
    .filter((role) => roles.includes(role))
    .map((role, index) => (index === 0 ? role : role.charAt(0).toUpperCase() + role.slice(1)))
    .join("");

/** The text of src/api-routes.ts as the contracts of today demand it. */
export const routesSource = (): string => {
  const groups = new Map<string, readonly Role[]>([[nameOf(managers), managers]]);
  const lines = Object.entries(contracts).flatMap(([service, contract]) =>
    Object.entries(contract.actions as Record<string, ActionContract>).flatMap(([verb, action]) => {
      if (!action.rest) return [];
      const path = action.rest.root ? action.rest.path : `/api/v1${action.rest.path}`;
      const roles = rolesOf(action);
      if (roles.length < everyRole.length) groups.set(nameOf(roles), roles);
      const parts = [
        `method: "${action.rest.method}"`,
        `path: "${path}"`,
        ...(action.rest.idempotent ? ["idempotent: true"] : []),
        ...(roles.length < everyRole.length ? [`roles: ${nameOf(roles)}`] : []),
        ...(action.scope === undefined ? ["whole: true"] : []),
      ];
      const line = `  "${service}.${verb}": { ${parts.join(", ")} },`;
      if (line.length <= 120) return [line];
      return [[`  "${service}.${verb}": {`, ...parts.map((part) => `    ${part},`), "  },"].join("\n")];
    }),
  );
  return [
    "// Generated from the contracts by web/generate-routes.ts: method and path of every public action, the roles that may",
    "// do it where not all may, and whether it is for people who see all communities alone. Do not edit.",
    ...[...groups].sort().map(([name, roles]) => `const ${name} = [${roles.map((role) => `"${role}"`).join(", ")}];`),
    "",
    "export const apiRoutes = {",
    ...lines.sort(),
    "} as const;",
    "",
    "/** Bulk acts that fewer may do than others. */",
    "export const bulkActs = {",
    ...managersBulkActs.map((act) => `  "bulk.start ${act}": { roles: ${nameOf(managers)} },`),
    "} as const;",
    "",
  ].join("\n");
};

if (process.argv[1] === import.meta.filename)
  writeFileSync(new URL("src/api-routes.ts", import.meta.url), routesSource());
