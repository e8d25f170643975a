// The whole platform in tests: `npm start`'s supervisor on the repository, or on a small checkout whose only service is
// a stand-in gateway, for tests about starting, crashing and stopping.
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inject } from "vitest";
import { freePort } from "../../scripts/start/ports.ts";
import { beganAt } from "../../scripts/start/process-identity.ts";
import { startNode, type TestProcess, until } from "./processes.ts";

const repository = resolve(import.meta.dirname, "../..");

export interface Platform extends TestProcess {
  readonly port: number;
  readonly url: string;
  readonly dataDir: string;
}

/** A new empty data folder that goes with the test run. */
export const newDataDir = (): string => {
  const folder = join(inject("runDir"), `data-${randomBytes(4).toString("hex")}`);
  mkdirSync(folder);
  return folder;
};

/**
 * Starts the supervisor and resolves once it says that the platform is ready. `env` goes over the defaults (free PORT,
 * new LC_DATA_DIR, embedded databases). `wait: false` returns at once.
 */
export const startPlatform = async ({
  root = repository,
  env = {},
  wait = true,
  timeoutMs = 120_000,
}: {
  root?: string;
  env?: Readonly<Record<string, string | undefined>>;
  wait?: boolean;
  timeoutMs?: number;
} = {}): Promise<Platform> => {
  const port = env.PORT ? Number(env.PORT) : await freePort();
  const dataDir = env.LC_DATA_DIR ?? newDataDir();
  const variables = {
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    PUBLIC_URL: undefined,
    NODE_ENV: "development",
    LC_SAMPLE: "0",
    ...env,
    LC_DATA_DIR: dataDir,
    PORT: String(port),
  };
  const supervisor = startNode([join(root, "scripts/start.ts")], variables, root);
  const platform = { ...supervisor, port, dataDir, url: `http://127.0.0.1:${port}` };
  if (!wait) return platform;
  let ended = false;
  void supervisor.exited.then(() => {
    ended = true;
  });
  const isReady = () => ended || supervisor.logs().includes("The platform is ready.");
  await until("the platform is ready", isReady, { timeoutMs }).catch((error: Error) => {
    throw new Error(`${error.message}\n${supervisor.logs().slice(-3000)}`);
  });
  if (ended) throw new Error(`The platform ended while starting:\n${supervisor.logs().slice(-3000)}`);
  return platform;
};

/** Pids of all living processes whose command line or environment names a folder (Linux). */
export const processesOf = (folder: string): number[] =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && beganAt(Number(entry)) !== undefined)
    .filter((entry) => {
      try {
        const text = readFileSync(`/proc/${entry}/cmdline`, "utf8") + readFileSync(`/proc/${entry}/environ`, "utf8");
        return text.includes(folder);
      } catch {
        return false;
      }
    })
    .map(Number);

const gatewayService = `
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
export default {
  name: "gateway",
  created() {
    this.server = createServer((request, response) => response.end(String(process.pid)));
    this.server.listen(Number(process.env.PORT));
  },
  started() {
    process.send({ type: "sign-in", email: "owner@example.org", password: "generated-one" });
    process.on("disconnect", () => process.exit(0));
  },
  async stopped() {
    while (existsSync(process.env.IN_HAND ?? "")) await delay(10);
    console.log("what was in hand is done");
    this.server.close();
    this.server.closeAllConnections();
  },
};
`;

/**
 * Makes a checkout with the real start scripts and a stand-in gateway: it answers every path with its pid, and has work
 * in hand while the file that IN_HAND names is there.
 */
export const smallCheckout = (): string => {
  const root = join(inject("runDir"), `checkout-${randomBytes(4).toString("hex")}`);
  cpSync(join(repository, "scripts"), join(root, "scripts"), { recursive: true });
  mkdirSync(join(root, "shared"));
  for (const { name } of readdirSync(join(repository, "shared"), { withFileTypes: true }).filter((one) => one.isFile()))
    cpSync(join(repository, "shared", name), join(root, "shared", name));
  cpSync(join(repository, "shared/lib"), join(root, "shared/lib"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "moleculer.config.ts"), "export default { logger: false };\n");
  mkdirSync(join(root, "services"));
  mkdirSync(join(root, "gateway"));
  writeFileSync(join(root, "gateway/gateway.service.ts"), gatewayService);
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  return root;
};
