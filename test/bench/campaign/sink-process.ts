// The sink as the benchmark sees it: starts the process, asks one thing at a time.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { CheckResult } from "./check-mail.ts";

export type SinkCommand =
  | { readonly type: "count" }
  | { readonly type: "reset" }
  /** The first mail, to send it again. */
  | { readonly type: "sample" }
  | { readonly type: "check"; readonly recipients: number; readonly linkPrefix: string };

export interface SinkAnswer {
  readonly port?: number;
  readonly count?: number;
  /** The first mail, base64. */
  readonly sample?: string;
  readonly check?: CheckResult;
  readonly averageBytes?: number;
  readonly error?: string;
}

export interface Sink {
  readonly port: number;
  ask(command: SinkCommand): Promise<SinkAnswer>;
  stop(): Promise<void>;
}

/** Starts the sink on a free loopback port. */
export const startSink = async (): Promise<Sink> => {
  const child = fork(fileURLToPath(new URL("./sink.ts", import.meta.url)));
  const [{ port }] = (await once(child, "message")) as [SinkAnswer];
  if (!port) throw new Error("The sink did not say its port");
  const exited = once(child, "exit");
  const gone = exited.then(() => {
    throw new Error("The sink ended before it answered");
  });
  gone.catch(() => undefined);
  return {
    port,
    ask: async (command) => {
      child.send(command);
      const [answer] = (await Promise.race([once(child, "message"), gone])) as [SinkAnswer];
      if (answer.error) throw new Error(`The sink could not ${command.type}: ${answer.error}`);
      return answer;
    },
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
};
