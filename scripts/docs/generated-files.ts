// The files that are made from the code, as they have to be today.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { metricTable } from "../../shared/broker/metric-table.ts";
import { aclFile, usersPerGroup } from "../../shared/streams/redis-access.ts";
import { variables } from "../../shared/variables.ts";
import { commands } from "./commands.ts";
import { developmentReasons, runTimeReasons } from "./dependencies.ts";
import { envExample } from "./env-example.ts";
import { commandsTable, dependenciesTable, fillMarkers, metricsTable, variablesTable } from "./readme-tables.ts";
import { whoMayTable } from "./who-may-table.ts";

export interface GeneratedFile {
  /** From the top of the project. */
  readonly path: string;
  readonly text: string;
}

/** Reads the manifest and the README of a checkout and answers with what its generated files should hold. */
export const generatedFiles = (root: string): readonly GeneratedFile[] => {
  const { dependencies, devDependencies, scripts } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  ) as Record<"dependencies" | "devDependencies" | "scripts", Record<string, string>>;
  const readme = fillMarkers(readFileSync(join(root, "README.md"), "utf8"), {
    commands: commandsTable(Object.keys(scripts), commands),
    variables: variablesTable(variables),
    "who may do what": whoMayTable(),
    metrics: metricsTable(metricTable),
    "dependencies at run time": dependenciesTable(Object.keys(dependencies), runTimeReasons),
    "dependencies of development": dependenciesTable(Object.keys(devDependencies), developmentReasons),
  });
  return [
    { path: ".env.example", text: envExample(variables) },
    { path: "README.md", text: readme },
    { path: "railway/redis-acl/users.acl", text: aclFile(usersPerGroup) },
  ];
};
