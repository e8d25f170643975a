// Which app processes run, and what runs in each: the gateway and every folder of services that holds a service,
// spread as LC_PROCESSES says.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface AppProcess {
  readonly name: string;
  readonly folders: readonly string[];
  /** Has the gateway, and with it PORT. */
  readonly gateway: boolean;
}

const holdsService = (folder: string): boolean =>
  existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith(".service.ts"));

/** The folders of a checkout that hold services: `gateway` first, then `services/*` by name. */
export const serviceFolders = (root: string): string[] => {
  const groups = existsSync(join(root, "services")) ? readdirSync(join(root, "services")).sort() : [];
  return ["gateway", ...groups.map((group) => `services/${group}`)].filter((folder) =>
    holdsService(join(root, folder)),
  );
};

/** Groups whose load or whose faults should not touch the others, even in the folded start. */
const apart: readonly string[] = ["services/email", "services/sandbox"];

const nameOf = (folder: string) => folder.replace("services/", "");

/**
 * Plans the app processes. `folded`: gateway and quiet groups in one process, email and the sandbox each in its own;
 * `one`: everything in one; `each`: a process per folder.
 */
export const planProcesses = (folders: readonly string[], spread: "folded" | "one" | "each"): AppProcess[] => {
  const own = (folder: string) => spread === "each" || (spread === "folded" && apart.includes(folder));
  const together = folders.filter((folder) => !own(folder));
  const first = together.includes("gateway") ? "gateway" : "apps";
  const shared = together.length > 0 ? [{ name: first, folders: together, gateway: together.includes("gateway") }] : [];
  const single = folders
    .filter(own)
    .map((folder) => ({ name: nameOf(folder), folders: [folder], gateway: folder === "gateway" }));
  return [...shared, ...single];
};

/** The arguments for Node that run the services in these folders. */
export const runnerArguments = (folders: readonly string[]): string[] => [
  "node_modules/moleculer/bin/moleculer-runner.js",
  "--config",
  "moleculer.config.ts",
  // One word: a shell on the way finds no file to put in its place.
  "--mask=**/*.service.ts",
  ...folders,
];
