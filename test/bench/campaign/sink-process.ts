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
  /** When each mail came, and how many people got one. */
  | { readonly type: "arrivals" }
  | { readonly type: "check"; readonly recipients: number; readonly linkPrefix: string };

export interface Arrivals {
  /** Milliseconds of one clock, in the order of arrival. */
  readonly at: readonly number[];
  /** Index of the port through which each came. */
  readonly listener: readonly number[];
  readonly people: number;
}

export interface SinkAnswer {
  readonly ports?: readonly number[];
  readonly arrivals?: Arrivals;
  readonly count?: number;
  /** The first mail, base64. */
  readonly sample?: string;
  readonly check?: CheckResult;
  readonly averageBytes?: number;
  readonly error?: string;
}

export interface Sink {
  /** The first of its ports. */
  readonly port: number;
  readonly ports: readonly number[];
  ask(command: SinkCommand): Promise<SinkAnswer>;
  stop(): Promise<void>;
}

/** Starts the sink on that many free loopback ports, so that it can tell senders apart. */
export const startSink = async (listeners = 1): Promise<Sink> => {
  const child = fork(fileURLToPath(new URL("./sink.ts", import.meta.url)), [String(listeners)]);
  const [{ ports = [] }] = (await once(child, "message")) as [SinkAnswer];
  const [port] = ports;
  if (!port) throw new Error("The sink did not say its ports");
  const exited = once(child, "exit");
  const gone = exited.then(() => {
    throw new Error("The sink ended before it answered");
  });
  gone.catch(() => undefined);
  return {
    port,
    ports,
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
