// App processes in tests: a group under moleculer-runner as in production, started, signalled, killed and watched.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inject } from "vitest";
import { runnerArguments } from "../../scripts/start/groups.ts";
import { freePort } from "../../scripts/start/ports.ts";
import { allGone, identify, signalTo } from "../../scripts/start/process-identity.ts";
import { noteDown, removeNote } from "../../scripts/start/run-files.ts";
import { environmentWith } from "../../shared/config.ts";

const root = resolve(import.meta.dirname, "../..");

/**
 * Polls until `probe` answers with something other than undefined, null or false, and returns that. Errors of the probe
 * count as "not yet". Throws after `timeoutMs` milliseconds with what was awaited and the last answer: a deadline for what
 * hangs, not for what is slow on a busy machine.
 */
export const until = async <T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMs = 60_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<Exclude<T, false>>> => {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Within ${timeoutMs} ms it did not happen that ${what}; last answer: ${String(last)}`);
    }
    await delay(everyMs);
  }
};

/** A process that a test started. */
export interface TestProcess {
  readonly pid: number;
  /** Everything it printed so far. */
  readonly logs: () => string;
  /** Messages that it sent over its IPC channel. */
  readonly messages: readonly unknown[];
  /** Sends a signal without waiting. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Sends a signal (SIGTERM when none is given) and waits for the end. Resolves with exit code or signal. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | NodeJS.Signals>;
  /** Kills it hard and waits until it is gone. */
  readonly kill9: () => Promise<void>;
  /** Resolves with exit code or signal when it ends by itself. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

const stopTimeoutMs = 45_000;

/**
 * Starts a Node script in a process of its own, in the repository or in `cwd`. Variables set to undefined are taken away.
 */
export const startNode = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string = root,
): TestProcess => {
  const runDir = inject("runDir");
  const name = `process-${randomBytes(5).toString("hex")}`;
  const logFile = join(runDir, `${name}.log`);
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, args, {
    cwd,
    env: environmentWith({ NODE_ENV: "test", ...env }),
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`node ${args.join(" ")} could not be started`);
  noteDown(runDir, name, "app", pid, "SIGTERM");
  const identity = identify(pid);
  const messages: unknown[] = [];
  child.on("message", (message) => messages.push(message));
  child.unref();
  const exited = new Promise<number | NodeJS.Signals>((done) => {
    child.on("exit", (code, signal) => {
      removeNote(runDir, name);
      done(signal ?? code ?? 0);
    });
  });
  const logs = () => readFileSync(logFile, "utf8");
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    const late = AbortSignal.timeout(stopTimeoutMs);
    const tooLate = new Promise<never>((_, reject) => {
      late.addEventListener("abort", () =>
        reject(new Error(`Process ${pid} did not end after ${signal}:\n${logs().slice(-2000)}`)),
      );
    });
    return await Promise.race([exited, tooLate]);
  };
  return {
    pid,
    logs,
    messages,
    signal: (signal) => void child.kill(signal),
    stop,
    kill9: async () => {
      if (identity && signalTo(identity, "SIGKILL")) await allGone([identity], 5000);
      await exited;
    },
    exited,
  };
};

/** An app process with health on `port`. */
export interface GroupProcess extends TestProcess {
  readonly port: number;
  /** Whether /health/ready answers 200 right now. */
  readonly ready: () => Promise<boolean>;
}

const answersReady = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
};

/**
 * Starts the services in these folders (`gateway`, `services/email`) in one process and waits until it is ready.
 * `env` must hold DATABASE_URL, REDIS_URL and LC_DATA_DIR. With `wait: false` it returns at once.
 */
export const startGroup = async (
  folders: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { wait = true, timeoutMs = 60_000 }: { wait?: boolean; timeoutMs?: number } = {},
): Promise<GroupProcess> => {
  const port = env.PORT ? Number(env.PORT) : await freePort();
  const process = startNode(runnerArguments(folders), { ...env, PORT: String(port) });
  const group = { ...process, port, ready: () => answersReady(port) };
  if (!wait) return group;
  let ended: number | NodeJS.Signals | undefined;
  void process.exited.then((how) => {
    ended = how;
  });
  try {
    await until(`${folders.join(" ")} is ready`, () => ended !== undefined || group.ready(), {
      timeoutMs,
      everyMs: 50,
    });
  } catch (error) {
    await process.kill9();
    throw new Error(`${(error as Error).message}\n${process.logs().slice(-3000)}`);
  }
  if (ended !== undefined) throw new Error(`${folders.join(" ")} ended with ${ended}:\n${process.logs().slice(-3000)}`);
  return group;
};
