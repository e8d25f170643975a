// The part of the rehearsal that runs in namespaces of its own: see run.ts, which starts it. Whatever it starts ends with
// it, because it is the first process of its process namespace.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environments } from "../../railway/layout.ts";
import { readFlags } from "./flags.ts";
import { rehearse } from "./rehearsal.ts";

const [runDir = "", name = "", ...args] = process.argv.slice(2);
const environment = environments.find((known) => known === name);
if (!environment || !process.send) throw new Error("This is started by test/rehearse/run.ts");
process.on("disconnect", () => process.exit(130));

const say = (line: string) => process.stdout.write(`[${name}] ${line}\n`);
try {
  const rehearsal = await rehearse(environment, readFlags(args), runDir, say);
  writeFileSync(join(runDir, "result.json"), JSON.stringify(rehearsal));
  process.exit(0);
} catch (error) {
  process.stderr.write(`[${name}] The rehearsal broke off: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
