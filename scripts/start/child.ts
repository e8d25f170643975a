// One child process that is kept alive: a crash is told in a line and answered with a restart after a capped backoff.
// Children have their own process group, so that a Ctrl-C in the terminal reaches only the supervisor, which ends them
// in its order.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { followLog } from "./log-file.ts";
import { lastLines } from "./log-lines.ts";
import { endProcesses, type Identity, identify } from "./process-identity.ts";
import { noteDown, type Role, removeNote } from "./run-files.ts";
import { trouble } from "./say.ts";

const firstDelayMs = 200;
const longestDelayMs = 5000;
const healthyAfterMs = 30_000;

export interface ChildSpec {
  readonly name: string;
  readonly role: Role;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The signal that ends it cleanly. */
  readonly stop?: NodeJS.Signals;
  /** `pipe`: its stdin closes when the supervisor is gone. `ipc`: it may send messages and notices a disconnect. */
  readonly leash: "pipe" | "ipc" | "none";
  readonly onMessage?: (message: unknown) => void;
  readonly onLine?: (line: string) => void;
}

export interface Child {
  readonly name: string;
  /** Ends it for good: its stop signal, and SIGKILL after `graceMs` milliseconds. */
  end(graceMs: number): Promise<void>;
  /** Ends it cleanly within `graceMs` milliseconds and starts it again at once. Asked again meanwhile, it does so once. */
  restart(graceMs: number): Promise<void>;
  /** Kills it at once if it is still there; for the second Ctrl-C. */
  hurry(): void;
}

const howItEnded = (code: number | null, signal: NodeJS.Signals | null) =>
  signal ? `was ended by ${signal}` : code === 0 ? "ended by itself" : `ended with code ${code}`;

/**
 * Starts a child and keeps it running until `end`. Its output goes to <data folder>/logs/<name>.log.
 */
export const keepRunning = (dataDir: string, spec: ChildSpec): Child => {
  const log = followLog(join(dataDir, "logs", `${spec.name}.log`), spec.onLine ?? (() => {}));
  let child: ChildProcess | undefined;
  let identity: Identity | undefined;
  let retry: NodeJS.Timeout | undefined;
  let ending = false;
  let restarting: Promise<void> | undefined;
  let crashes = 0;
  let lastTail = "";

  const crashed = (how: string, livedMs: number) => {
    removeNote(dataDir, spec.name);
    identity = undefined;
    if (ending || restarting) return;
    crashes = livedMs > healthyAfterMs ? 1 : crashes + 1;
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (crashes - 1));
    const tail = lastLines(log.tail(), 6);
    const repeated = tail.join("\n") === lastTail;
    lastTail = tail.join("\n");
    const count = crashes > 1 ? ` (${crashes} times in a row)` : "";
    trouble(
      `${spec.name} ${how}${count}; starting it again in ${delayMs / 1000} s. Its log: ${join(dataDir, "logs", `${spec.name}.log`)}`,
      repeated ? [] : tail,
    );
    retry = setTimeout(run, delayMs);
  };

  const run = () => {
    const output = log.open();
    const born = performance.now();
    const current = spawn(spec.command, spec.args, {
      env: spec.env,
      detached: true,
      stdio: [
        spec.leash === "pipe" ? "pipe" : "ignore",
        output,
        output,
        ...(spec.leash === "ipc" ? ["ipc" as const] : []),
      ],
    });
    closeSync(output);
    child = current;
    current.stdin?.on("error", () => {});
    if (spec.onMessage) current.on("message", spec.onMessage);
    let told = false;
    const once = (how: string) => {
      // One that was replaced is no crash, also when its end is told only after the new one began.
      if (!told && child === current) crashed(how, performance.now() - born);
      told = true;
    };
    current.on("error", (error) => {
      // An error of the channel of a living child is not its end.
      if (current.pid === undefined) once(`could not be started (${error.message})`);
    });
    current.on("exit", (code, signal) => once(howItEnded(code, signal)));
    if (current.pid !== undefined) {
      identity = identify(current.pid);
      noteDown(dataDir, spec.name, spec.role, current.pid, spec.stop ?? "SIGTERM");
    }
  };

  run();
  return {
    name: spec.name,
    end: async (graceMs) => {
      ending = true;
      clearTimeout(retry);
      if (identity) await endProcesses([identity], spec.stop ?? "SIGTERM", graceMs);
      removeNote(dataDir, spec.name);
      log.close();
    },
    restart: (graceMs) => {
      restarting ??= (async () => {
        clearTimeout(retry);
        if (identity) await endProcesses([identity], spec.stop ?? "SIGTERM", graceMs);
        restarting = undefined;
        if (!ending) run();
      })();
      return restarting;
    },
    hurry: () => {
      if (ending && identity) child?.kill("SIGKILL");
    },
  };
};
