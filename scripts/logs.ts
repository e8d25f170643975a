// `npm run logs -- <group>`: shows the log of one group or of all from the data folder of `npm start`, and follows it
// with -f. Reads files only. Ends with 1, and a sentence, when there is nothing to show or an option is not known.
import { config } from "../shared/config.ts";
import { LogsError, readOptions, usage } from "./logs/options.ts";
import { showLogs } from "./logs/show.ts";

// A reader such as `head` may go away in the middle.
process.stdout.on("error", () => process.exit(0));
try {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(`${usage}\n`);
  else await showLogs(config.dataDir, options, (line) => void process.stdout.write(`${line}\n`));
} catch (error) {
  if (!(error instanceof LogsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
