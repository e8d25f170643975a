// Ends what a killed supervisor leaves over. The supervisor holds the other end of this process's stdin: when that
// closes, for whatever reason, the apps get the time to finish their work and then Redis and Postgres are ended.
// Usage: node scripts/guard.ts <data folder> <seconds for the apps>
import { endLeftovers } from "./start/run-files.ts";

const [dataDir, seconds] = process.argv.slice(2);
if (!dataDir) throw new Error("Usage: node scripts/guard.ts <data folder> <seconds for the apps>");

const graceMs = Number(seconds ?? 20) * 1000;
process.stdin.on("error", () => {});
process.stdin.on("close", () => {
  void endLeftovers(dataDir, graceMs, process.pid).then(() => process.exit(0));
});
process.stdin.resume();
