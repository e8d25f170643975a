// The web app: built when there is no build or its sources are newer. A failed build does not keep the API from
// starting.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { environmentWith } from "../../shared/config.ts";
import { lastLines } from "./log-lines.ts";
import { step, trouble } from "./say.ts";

const run = promisify(execFile);

/** The newest change of a file in a folder, in milliseconds since 1970; 0 when there is none. */
const newestIn = (folder: string, leaveOut: readonly string[] = []): number => {
  if (!existsSync(folder)) return 0;
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (leaveOut.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }
  return newest;
};

/** True when there is no build of the web app or a source is newer than it. */
export const needsBuild = (root: string): boolean => {
  const built = join(root, "web/dist/index.html");
  if (!existsSync(built)) return true;
  const newest = Math.max(
    newestIn(join(root, "web"), ["dist", "node_modules"]),
    newestIn(join(root, "shared/contracts")),
  );
  return newest > statSync(built).mtimeMs;
};

/** Builds the web app when that is due, and says so. Never throws: the API works without it. */
export const buildWeb = async (root: string, signal: AbortSignal): Promise<void> => {
  if (!existsSync(join(root, "web/vite.config.ts")))
    return step("There is no web app to build (web/vite.config.ts is missing).");
  if (!needsBuild(root)) return;
  step("Building the web app …");
  const begun = performance.now();
  try {
    await run(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "error"], {
      cwd: join(root, "web"),
      env: environmentWith({ NODE_ENV: "production" }),
      maxBuffer: 1 << 26,
      signal,
    });
    step(`Web app built in ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
  } catch (error) {
    if (signal.aborted) return;
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    const output = `${stdout ?? ""}\n${stderr ?? message}`.split("\n");
    trouble("The web app could not be built; the API starts without it.", lastLines(output, 12));
  }
};
