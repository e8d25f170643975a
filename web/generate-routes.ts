// Writes src/api-routes.ts from the contracts: method and path of every public action. The web app imports contracts
// as types only, so what it needs at run time is generated; a test fails when the file no longer matches.
import { writeFileSync } from "node:fs";
import type { ActionContract } from "../shared/contracts/contract.ts";
import { contracts } from "../shared/contracts/index.ts";

/** The text of src/api-routes.ts as the contracts of today demand it. */
export const routesSource = (): string => {
  const lines = Object.entries(contracts).flatMap(([service, contract]) =>
    Object.entries(contract.actions as Record<string, ActionContract>).flatMap(([verb, action]) => {
      if (!action.rest) return [];
      const path = action.rest.root ? action.rest.path : `/api/v1${action.rest.path}`;
      const idempotent = action.rest.idempotent ? ", idempotent: true" : "";
      return [`  "${service}.${verb}": { method: "${action.rest.method}", path: "${path}"${idempotent} },`];
    }),
  );
  return [
    "// Generated from the contracts by web/generate-routes.ts: method and path of every public action. Do not edit.",
    "export const apiRoutes = {",
    ...lines.sort(),
    "} as const;",
    "",
  ].join("\n");
};

if (process.argv[1] === import.meta.filename)
  writeFileSync(new URL("src/api-routes.ts", import.meta.url), routesSource());
