// For commands that take a few flags or none: --help says what they take, and what they do not know is refused before
// anything is done. Commands with more to say read their own options.
import { parseArgs } from "node:util";

/**
 * Which of the flags in `known` were given. Ends the process after `--help` (code 0, the usage) and at anything else
 * (code 2, what was found and the usage).
 */
export const readFlags = <Flag extends string>(usage: string, known: readonly Flag[] = []): ReadonlySet<Flag> => {
  const options = Object.fromEntries([...known, "help"].map((name) => [name, { type: "boolean" as const }]));
  try {
    const { values } = parseArgs({ options, allowPositionals: false });
    if (values["help"]) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    return new Set(known.filter((name) => values[name]));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`);
    return process.exit(2);
  }
};
