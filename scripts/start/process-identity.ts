// Who a process is: a pid alone is not enough, the system gives it out again. Nothing here ends a process that is not
// the one that was noted down.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A process that was noted down: its pid and when it began, as the operating system words it. */
export interface Identity {
  readonly pid: number;
  readonly began: string;
}

const psField = (pid: number, field: string): string | undefined => {
  try {
    return execFileSync("ps", ["-ww", "-o", `${field}=`, "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
};

/**
 * When a process began, or undefined when there is none with this pid. A zombie counts as gone.
 * The text is only good for comparison with another answer of this function.
 */
export const beganAt = (pid: number): string | undefined => {
  if (process.platform !== "linux") return psField(pid, "lstart");
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command in brackets may itself hold brackets and blanks: read behind the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

/** The identity of a living process, or undefined when it is gone already. */
export const identify = (pid: number): Identity | undefined => {
  const began = beganAt(pid);
  return began === undefined ? undefined : { pid, began };
};

/** True while exactly this process lives. */
export const isAlive = (identity: Identity): boolean => beganAt(identity.pid) === identity.began;

/** The command line of a process in one line, for people; undefined when it cannot be read. */
export const commandLine = (pid: number): string | undefined => {
  if (process.platform !== "linux") return psField(pid, "command");
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() || undefined;
  } catch {
    return undefined;
  }
};

/** Sends a signal to exactly this process; false when it is gone. */
export const signalTo = (identity: Identity, signal: NodeJS.Signals): boolean => {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
};

/** Waits until none of the processes lives. False when one still does after `timeoutMs` milliseconds. */
export const allGone = async (identities: readonly Identity[], timeoutMs: number): Promise<boolean> => {
  const deadline = performance.now() + timeoutMs;
  while (identities.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
};

/** Ends processes with a signal and, those that do not go within `graceMs` milliseconds, with SIGKILL. */
export const endProcesses = async (
  identities: readonly Identity[],
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> => {
  for (const identity of identities) signalTo(identity, signal);
  if (await allGone(identities, graceMs)) return;
  for (const identity of identities) signalTo(identity, "SIGKILL");
  await allGone(identities, 5000);
};
