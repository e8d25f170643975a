// MJML to HTML, in a thread of its own that is started when it is needed, ended when it takes too long or too much
// memory, and ended when nobody has asked for a while. Sources are compiled one after the other; the last are remembered.
import { Worker } from "node:worker_threads";
import { fail } from "../../../shared/contracts/errors.ts";
import type { MjmlAnswer } from "./mjml-worker.ts";

export interface MjmlLimits {
  /** Milliseconds for one source, from when the thread is there. */
  readonly timeMs: number;
  readonly memoryMb: number;
  /** Milliseconds without work after which the thread ends. */
  readonly idleMs: number;
  /** Sources that may wait. */
  readonly waiting: number;
}

const usual: MjmlLimits = { timeMs: 6_000, memoryMb: 256, idleMs: 30_000, waiting: 20 };
const REMEMBERED = 20;
/** Loading the package takes half a second, and many times that on a machine that is busy. */
const START_MS = 25_000;
const refused = (message: string): MjmlAnswer => ({ html: "", mistakes: [{ line: 1, message, harmless: false }] });

/** A compiler of its own; the process has one. */
export const createMjmlCompiler = (limits: MjmlLimits = usual) => {
  const remembered = new Map<string, MjmlAnswer>();
  let worker: Worker | undefined;
  let ready = false;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const end = (): Promise<unknown> => {
    const ended = worker?.terminate() ?? Promise.resolve();
    worker = undefined;
    ready = false;
    return ended;
  };
  const running = (): Worker => {
    worker ??= new Worker(new URL("./mjml-worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb },
      execArgv: [],
    });
    return worker;
  };
  /** `over`: the thread was ended, so the answer says something about this moment too. */
  const run = (source: string): Promise<{ answer: MjmlAnswer; over: boolean }> =>
    new Promise((resolve) => {
      clearTimeout(idle);
      const thread = running();
      thread.ref();
      const finish = (answer: MjmlAnswer, over: boolean) => {
        clearTimeout(late);
        thread.off("message", answered).off("error", failed).off("exit", left);
        thread.unref();
        if (over && worker === thread) void end();
        resolve({ answer, over });
      };
      const giveUp = (message: string) => finish(refused(message), true);
      const giveUpAfter = (ms: number) =>
        setTimeout(() => giveUp(`takes longer than ${ms / 1000} s to compile; make it smaller or simpler`), ms);
      const answered = (answer: MjmlAnswer | "ready") => {
        if (answer !== "ready") return finish(answer, false);
        ready = true;
        clearTimeout(late);
        late = giveUpAfter(limits.timeMs);
      };
      const left = () => giveUp("was interrupted while it was compiled; try again");
      const failed = (error: Error) =>
        giveUp(
          (error as { code?: string }).code === "ERR_WORKER_OUT_OF_MEMORY"
            ? `needs more than ${limits.memoryMb} MB to compile; make it smaller or simpler`
            : `could not be compiled: ${error.message}`,
        );
      let late = giveUpAfter(ready ? limits.timeMs : START_MS);
      thread.on("message", answered).on("error", failed).on("exit", left);
      thread.postMessage(source);
    });
  const sleepLater = () => {
    clearTimeout(idle);
    if (waiting > 0) return;
    idle = setTimeout(() => void end(), limits.idleMs);
    idle.unref();
  };

  return {
    /** Whether the thread is there, for tests of what is used while nobody writes MJML. */
    running: () => worker !== undefined,
    close: async () => {
      clearTimeout(idle);
      await end();
    },
    /** The HTML and what is wrong, by line. Throws SERVICE_UNAVAILABLE when too many sources wait. */
    async compile(source: string): Promise<MjmlAnswer> {
      const known = remembered.get(source);
      if (known) return known;
      if (waiting >= limits.waiting)
        throw fail("SERVICE_UNAVAILABLE", "Too many MJML templates are being compiled. Try again in a moment.", {
          retryAfter: 2,
        });
      waiting++;
      const turn = last.then(() => run(source));
      last = turn;
      try {
        const { answer, over } = await turn;
        if (!over) remembered.set(source, answer);
        const oldest = remembered.keys().next().value;
        if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
        return answer;
      } finally {
        waiting--;
        sleepLater();
      }
    },
  };
};

const compiler = createMjmlCompiler();
/** Compiles MJML in this process's thread. Never throws for a bad source: the answer says what is wrong. */
export const compileMjml = compiler.compile;
/** Ends the thread, when the service stops. */
export const closeMjml = compiler.close;
