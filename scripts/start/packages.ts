// Programs of the machine: where they are, and on Debian and Ubuntu as root how to get them without asking.
import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { environmentWith } from "../../shared/environment.ts";

const run = promisify(execFile);

/** The full path of the first of these programs on the PATH, or undefined. */
export const findProgram = (...names: string[]): string | undefined => {
  const folders = (environmentWith({}).PATH ?? "").split(":").filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
};

/** True where packages can be installed without asking: root on Debian or Ubuntu. */
export const canInstall = (): boolean =>
  process.getuid?.() === 0 && existsSync("/etc/debian_version") && findProgram("apt-get") !== undefined;

const denyServices = "/usr/sbin/policy-rc.d";

/**
 * Installs Debian packages without a question and without starting their services.
 * Throws with the last lines of apt-get when that fails.
 */
export const aptInstall = async (...packages: string[]): Promise<void> => {
  const env = environmentWith({ DEBIAN_FRONTEND: "noninteractive" });
  const options = { env, maxBuffer: 1 << 26 };
  const install = () =>
    run("apt-get", ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...packages], options);
  const denied = existsSync(denyServices);
  if (!denied) writeFileSync(denyServices, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    // A machine with fresh package lists needs no update; one without, or with old ones, does.
    await install().catch(async () => {
      await run("apt-get", ["update"], options);
      await install();
    });
  } finally {
    if (!denied) rmSync(denyServices, { force: true });
  }
};
