// tmp
import { expect, it } from "vitest";
import { findings, projectSources } from "./architecture/rule.ts";
import { layering, packagesAtHome, environment } from "./architecture/import-rules.ts";
import { sqlRooms, schemaOwners } from "./architecture/sql-rules.ts";
import * as style from "./architecture/style-rules.ts";
const sources = projectSources();
for (const rule of [layering, packagesAtHome, environment, sqlRooms, schemaOwners, style.fileLength, style.fileNames, style.openingComment, style.noDefaultExport, style.erasable, style.injectedTime])
  it(rule.name, () => { const f = findings(rule, sources); console.log(rule.name, f.length, "\n" + f.join("\n")); });
