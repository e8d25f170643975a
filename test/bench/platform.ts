// The platform as benchmarks use it: its groups in the processes that `npm start` would run, with a live SMTP provider
// instead of the sandbox, reached through its API alone.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { planProcesses, runnerArguments, serviceFolders } from "../../scripts/start/groups.ts";
import { freePort } from "../../scripts/start/ports.ts";
import { environmentWith } from "../../shared/config.ts";

export interface PlatformOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly smtpPort: number;
  readonly connections: number;
  readonly publicUrl: string;
}

export interface Platform {
  /** Calls the API; the path starts below /api/v1. Rejects with the answer when its status is not 2xx. */
  api<T>(method: string, path: string, body?: object | FormData): Promise<T>;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, "../..");
const admin = { email: "owner@example.org", password: randomBytes(18).toString("base64url") };

const waitUntilReady = async (port: number, processes: readonly ChildProcess[], logs: () => string): Promise<void> => {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    const dead = processes.some((one) => one.exitCode !== null || one.signalCode !== null);
    if (dead || performance.now() > deadline)
      throw new Error(`The platform did not become ready:\n${logs().slice(-3000)}`);
    await delay(200);
  }
};

const answerOf = async <T>(what: string, response: Response): Promise<T> => {
  const text = await response.text();
  if (!response.ok) throw new Error(`${what} answered ${response.status}: ${text.slice(0, 1000)}`);
  return (text ? JSON.parse(text) : undefined) as T;
};

/** Signs in as the first owner and takes an access token. */
const takeToken = async (base: string): Promise<string> => {
  const json = { "content-type": "application/json" };
  const login = await fetch(`${base}/api/v1/auth/login`, {
    method: "POST",
    headers: json,
    body: JSON.stringify(admin),
  });
  const cookie = login.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const { csrfToken } = await answerOf<{ csrfToken: string }>("login", login);
  const made = await fetch(`${base}/api/v1/auth/tokens`, {
    method: "POST",
    headers: { ...json, cookie, origin: base, "x-csrf-token": csrfToken },
    body: JSON.stringify({ name: "bench", abilities: ["read", "write", "send", "admin"] }),
  });
  return (await answerOf<{ token: string }>("token", made)).token;
};

/** Starts every group on these backends, signs in, and resolves when the platform is ready. */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const dataDir = mkdtempSync(join(tmpdir(), "lc-bench-platform-"));
  const port = await freePort();
  const logFile = join(dataDir, "log");
  const log = openSync(logFile, "a");
  const environment = {
    NODE_ENV: "production",
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    LC_DATA_DIR: dataDir,
    LC_SECRET_KEYS: randomBytes(32).toString("base64url"),
    LC_ADMIN_EMAIL: admin.email,
    LC_ADMIN_PASSWORD: admin.password,
    LC_SAMPLE: "0",
    LC_EMAIL_PROVIDER: "smtp",
    LC_SMTP_URLS: `smtp://127.0.0.1:${options.smtpPort}`,
    LC_SMTP_CONNECTIONS: String(options.connections),
    LC_LOG_LEVEL: "warn",
    PUBLIC_URL: options.publicUrl,
  };
  const folders = serviceFolders(root).filter((folder) => folder !== "services/sandbox");
  // The IPC channel is their leash: they end when this process is gone.
  const processes = planProcesses(folders, "folded").map((plan) =>
    spawn(process.execPath, runnerArguments(plan.folders), {
      cwd: root,
      env: environmentWith({ ...environment, PORT: plan.gateway ? String(port) : undefined }),
      stdio: ["ignore", log, log, "ipc"],
    }),
  );
  closeSync(log);
  const stop = async () => {
    for (const child of processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(port, processes, () => readFileSync(logFile, "utf8"));
    const base = `http://127.0.0.1:${port}`;
    const token = await takeToken(base);
    return {
      api: async (method, path, body) => {
        const form = body instanceof FormData;
        const response = await fetch(`${base}/api/v1${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body && !form ? { "content-type": "application/json" } : {}),
            ...(method === "POST" ? { "idempotency-key": randomBytes(12).toString("hex") } : {}),
          },
          ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
        });
        return answerOf(`${method} ${path}`, response);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
