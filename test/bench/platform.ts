// The platform as benchmarks use it: its groups in the processes that `npm start` would run, with a live SMTP provider,
// reached through its API alone. Every process serves its health, and all must be ready before anything is measured.
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
  /** Where mails go: in `folded` and `each` an email process for each port, so that the sink can tell them apart. */
  readonly smtpPorts: readonly number[];
  readonly connections: number;
  readonly publicUrl: string;
  /** As LC_PROCESSES; default folded. */
  readonly spread?: "folded" | "one" | "each";
  /** Runs the sandbox too, idle beside the live provider; default false. */
  readonly sandbox?: boolean;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface PlatformProcess {
  readonly name: string;
  readonly pid: number;
}

export interface Platform {
  /** Calls the API; the path starts below /api/v1. Rejects with the answer when its status is not 2xx. */
  api<T>(method: string, path: string, body?: object | FormData): Promise<T>;
  readonly processes: readonly PlatformProcess[];
  /** Ends the process of that name with a signal, waits until it is gone, and starts it again without waiting for it. */
  replace(name: string, signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Resolves when every process is ready. */
  ready(): Promise<void>;
  /** Where the gateway listens: `http://127.0.0.1:<port>`. */
  readonly base: string;
  /** Access token of the owner. */
  readonly token: string;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, "../..");
const admin = { email: "owner@example.org", password: randomBytes(18).toString("base64url") };

interface Running extends PlatformProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** The same again, on the same port. */
  readonly again: () => Running;
}

const hasEnded = ({ child }: Running) => child.exitCode !== null || child.signalCode !== null;

const waitUntilReady = async (processes: readonly Running[], logs: () => string): Promise<void> => {
  const deadline = performance.now() + 120_000;
  const ready = ({ port }: Running) =>
    fetch(`http://127.0.0.1:${port}/health/ready`).then(
      (response) => response.ok,
      () => false,
    );
  for (;;) {
    if ((await Promise.all(processes.map(ready))).every(Boolean)) return;
    if (processes.some(hasEnded) || performance.now() > deadline)
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

const plan = ({ spread = "folded", sandbox = false, smtpPorts }: PlatformOptions) => {
  const folders = serviceFolders(root).filter((folder) => sandbox || folder !== "services/sandbox");
  return planProcesses(folders, spread).flatMap((one) =>
    one.name === "email" && smtpPorts.length > 1
      ? smtpPorts.map((smtpPort, i) => ({ ...one, name: `email ${i + 1}`, smtpPort }))
      : [{ ...one, smtpPort: smtpPorts[0] }],
  );
};

/** Starts every group on these backends, signs in, and resolves when all processes are ready. */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const dataDir = mkdtempSync(join(tmpdir(), "lc-bench-platform-"));
  const logFile = join(dataDir, "log");
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
    LC_SMTP_CONNECTIONS: String(options.connections),
    LC_LOG_LEVEL: "warn",
    PUBLIC_URL: options.publicUrl,
    ...options.env,
  };
  const processes: Running[] = [];
  let port = 0;
  for (const { name, folders, gateway, smtpPort } of plan(options)) {
    const own = await freePort();
    if (gateway) port = own;
    const begin = (): Running => {
      const log = openSync(logFile, "a");
      // The IPC channel is their leash: they end when this process is gone.
      const child = spawn(process.execPath, runnerArguments(folders), {
        cwd: root,
        env: environmentWith({ ...environment, PORT: String(own), LC_SMTP_URLS: `smtp://127.0.0.1:${smtpPort}` }),
        stdio: ["ignore", log, log, "ipc"],
      });
      closeSync(log);
      return { name, child, port: own, pid: child.pid ?? 0, again: begin };
    };
    processes.push(begin());
  }
  const stop = async () => {
    for (const one of processes) {
      if (hasEnded(one)) continue;
      one.child.kill("SIGTERM");
      await once(one.child, "exit");
    }
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(processes, () => readFileSync(logFile, "utf8"));
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
      processes: processes.map(({ name, pid }) => ({ name, pid })),
      async replace(name, signal) {
        const place = processes.findIndex((one) => one.name === name);
        const old = processes[place];
        if (!old) throw new Error(`There is no process ${name}`);
        const ended = once(old.child, "exit");
        old.child.kill(signal);
        await ended;
        processes[place] = old.again();
      },
      ready: () => waitUntilReady(processes, () => readFileSync(logFile, "utf8")),
      base,
      token,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
