// What takes part in the campaign benchmark: something that can send the campaign to the sink, once per run.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface ContenderRun {
  readonly seconds: number;
  /** Mails that it says it could not send. */
  readonly failed: number;
}

export interface Contender {
  readonly name: "ours" | "peer" | "bare";
  /** Start of the tracked links in its mails; undefined when its mails are not checked. */
  readonly linkPrefix: string | undefined;
  /** Puts the recipients where it wants them. The clock does not run yet. */
  prepare(recipients: number): Promise<void>;
  run(): Promise<ContenderRun>;
  stop(): Promise<void>;
}

/** Runs a program of this folder as a process of its own, with `task` as its argument, until it says how it went. */
export const runProgram = async (program: string, task: object): Promise<ContenderRun> => {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(task)]);
  const ended = once(child, "exit");
  const result = await Promise.race([
    once(child, "message").then(([message]) => message as ContenderRun),
    ended.then(([code, signal]) => {
      throw new Error(`${program} ended with ${signal ?? code} before it was done`);
    }),
  ]);
  await ended;
  return result;
};
