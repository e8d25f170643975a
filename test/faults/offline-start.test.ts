// Nothing is downloaded at boot: everything starts and gets ready in a network namespace that has only its own loopback.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { environmentWith } from "../../shared/config.ts";
import { ensureNetworkTools } from "../helpers/infrastructure-packages.ts";
import { until } from "../helpers/processes.ts";
import { newDataDir, processesOf } from "../helpers/processes-platform.ts";

await ensureNetworkTools();

// Root makes a network namespace; anybody else is mapped to root in a user namespace of his own first.
const flags = process.getuid?.() === 0 ? ["--net"] : ["--map-root-user", "--net"];
const inside = 'ip link set lo up && exec "$0" "$@"';
const cutOff = (program: string, ...args: string[]): [string, string[]] => [
  "unshare",
  [...flags, "sh", "-c", inside, program, ...args],
];
const permitted = spawnSync(...cutOff("true")).status === 0;

test.skipIf(!permitted)(
  "starts all of the platform without a network, for which it needs none (skipped where namespaces are not permitted)",
  async () => {
    const fetching = "fetch('https://example.org').then(() => process.exit(0), () => process.exit(9))";
    expect(spawnSync(...cutOff(process.execPath, "-e", fetching)).status, "the namespace has no way out").toBe(9);

    const dataDir = newDataDir();
    const child = spawn(...cutOff(process.execPath, "scripts/start.ts"), {
      cwd: resolve(import.meta.dirname, "../.."),
      env: environmentWith({
        DATABASE_URL: undefined,
        REDIS_URL: undefined,
        PUBLIC_URL: undefined,
        NODE_ENV: "development",
        LC_SAMPLE: "0",
        LC_PROCESSES: "one",
        LC_DATA_DIR: dataDir,
        PORT: "3000",
      }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
    try {
      await until("the platform is ready", () => child.exitCode !== null || said.includes("The platform is ready."), {
        timeoutMs: 120_000,
      });
      expect(said).toContain("The platform is ready.");
      expect(said).not.toContain("Installing");
      const interfaces = readFileSync(`/proc/${child.pid}/net/dev`, "utf8").match(/^\s*\S+(?=:)/gm);
      expect(interfaces?.map((name) => name.trim())).toEqual(["lo"]);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${said.slice(-3000)}`);
    } finally {
      child.kill("SIGTERM");
      expect(await exited).toBe(0);
    }
    expect(processesOf(dataDir)).toEqual([]);
  },
);
