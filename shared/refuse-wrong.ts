// Imported first by whatever starts a process: ends it with code 1 and a line for each variable that nothing starts with,
// before a module further down throws the same as an error with a stack.
import { readEnvironment } from "./environment.ts";
import { wrongLines } from "./wrong-variables.ts";

const lines = wrongLines(readEnvironment());
if (lines.length > 0) {
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(1);
}
