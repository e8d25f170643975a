// The web service of a deployment in tests: a real Caddy with the real Caddyfile, on a free port, before a gateway of
// this machine, serving a small web app of the test's own.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { inject } from "vitest";
import { freePort } from "../../scripts/start/ports.ts";
import { noteDown, removeNote } from "../../scripts/start/run-files.ts";
import { environmentWith } from "../../shared/config.ts";
import { ensureCaddy } from "./infrastructure-packages.ts";
import { until } from "./processes.ts";

const caddyfile = resolve(import.meta.dirname, "../../railway/Caddyfile");

export interface RunningCaddy {
  readonly port: number;
  readonly pid: number;
  readonly logs: () => string;
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts it before the gateway on `gatewayPort`, or answers undefined where there is no Caddy and none can be installed. */
export const startCaddy = async (
  gatewayPort: number,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningCaddy | undefined> => {
  const program = await ensureCaddy();
  if (!program) return undefined;
  const runDir = inject("runDir");
  const name = `caddy-${randomBytes(4).toString("hex")}`;
  const folder = join(runDir, name);
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, "web/dist", path)), { recursive: true });
    writeFileSync(join(folder, "web/dist", path), text);
  }
  const port = await freePort();
  const logFile = join(folder, "log");
  const log = openSync(logFile, "a");
  const child = spawn(program, ["run", "--config", caddyfile, "--adapter", "caddyfile"], {
    cwd: folder,
    env: {
      PATH: environmentWith({}).PATH ?? "",
      HOME: folder,
      PORT: String(port),
      LC_GATEWAY_HOST: "localhost",
      LC_GATEWAY_PORT: String(gatewayPort),
      LC_LINGER_SECONDS: "0",
      ...env,
    },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const pid = child.pid ?? 0;
  noteDown(runDir, name, "app", pid, "SIGTERM");
  await until("Caddy is healthy", async () => (await fetch(`http://127.0.0.1:${port}/health/web`)).status === 200);
  return {
    port,
    pid,
    logs: () => readFileSync(logFile, "utf8"),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = (await ended) as [number | null];
      removeNote(runDir, name);
      return code;
    },
  };
};
