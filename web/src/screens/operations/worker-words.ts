// Processes and providers in words: their states, what they are called, and how long they have been up.
import type { Provider, Worker } from "../../../../shared/contracts/workers.ts";
import type { Word } from "../../words.ts";

export const workerWords: Readonly<Record<Worker["state"], Word>> = {
  working: { label: "working", tone: "good" },
  draining: { label: "draining", tone: "warn" },
  stopping: { label: "stopping", tone: "neutral" },
  gone: { label: "gone", tone: "bad" },
};

export const providerWords: Readonly<Record<Provider["state"], Word>> = {
  ok: { label: "fine", tone: "good" },
  pausing: { label: "asked for a pause", tone: "warn" },
  broken: { label: "failing", tone: "bad" },
  trying: { label: "being tried again", tone: "warn" },
};

/** What a process is called: the parts of the platform that run in it. */
export const workerName = ({ groups }: Worker): string => groups.join(", ") || "no part of the platform";

/** Seconds since an instant. */
export const secondsSince = (at: string, now = Date.now()): number => Math.max(0, (now - Date.parse(at)) / 1000);

/** What happens to a process that vanished, by how much it still holds. */
export const leftBehind = (held: number): string =>
  held === 0
    ? "Nothing of its work is left with it."
    : `${held === 1 ? "1 job is" : `${held} jobs are`} still in its name; others take over when the lease ends.`;
