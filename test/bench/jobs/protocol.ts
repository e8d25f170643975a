// What a contender's processes are told and answer: one that enqueues and one that works, the same words for ours and the
// peer. Moments are nanoseconds of the system's monotonic clock, so that two processes can be compared.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface ProcessTask {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly role: "enqueue" | "work";
  /** Jobs at once in the worker; undefined: what production has. */
  readonly concurrency?: number;
  /** What a job does, in ms; 0 for nothing. */
  readonly jobMs?: number;
}

export type Order =
  /** Enqueue so many jobs, `batch` in one transaction or command, `inFlight` of those at once. */
  | { readonly type: "enqueue"; readonly count: number; readonly batch: number; readonly inFlight: number }
  /** Enqueue one job after the other, each at its moment: `perSecond` of them with equal chances at any time. */
  | { readonly type: "trickle"; readonly count: number; readonly perSecond: number }
  /** Say when so many more jobs are recorded as done; with `stamps`, when each began and was recorded. */
  | { readonly type: "watch"; readonly count: number; readonly stamps: boolean }
  | { readonly type: "stop" };

/** Moment of each job by id. */
export type Moments = readonly (readonly [id: string, at: number])[];

export interface Answer {
  readonly type: "ready" | "enqueued" | "watching" | "done" | "stopped";
  readonly enqueued?: Moments;
  readonly began?: Moments;
  readonly recorded?: Moments;
  /** Processor seconds of the process since it began. */
  readonly cpuSeconds?: number;
}

/** Now, in milliseconds of the clock that all processes of this machine share. */
export const moment = (): number => Number(process.hrtime.bigint()) / 1e6;

export const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** A process of a contender, as its parent sees it. */
export interface Remote {
  readonly pid: number;
  /** Sends an order and resolves with the answer of that type. Rejects when the process ends before. */
  ask(order: Order, answer: Answer["type"]): Promise<Answer>;
  /** Resolves with the next answer of that type. */
  next(answer: Answer["type"]): Promise<Answer>;
  stop(): Promise<void>;
}

const nextOf = (child: ChildProcess, program: string, type: Answer["type"]): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const onMessage = (answer: Answer) => {
      if (answer.type !== type) return;
      done();
      resolve(answer);
    };
    const onExit = (code: number | null, signal: string | null) => {
      done();
      reject(new Error(`${program} ended with ${signal ?? code} before it was ${type}`));
    };
    const done = () => {
      child.off("message", onMessage);
      child.off("exit", onExit);
    };
    child.on("message", onMessage);
    child.on("exit", onExit);
  });

/** Starts a program of this folder with its task, and resolves when it is ready. It ends with this process. */
export const startRemote = async (program: string, task: ProcessTask): Promise<Remote> => {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(task)]);
  const next = (type: Answer["type"]) => nextOf(child, program, type);
  await next("ready");
  return {
    pid: child.pid ?? 0,
    next,
    ask: (order, type) => {
      const answer = next(type);
      child.send(order);
      return answer;
    },
    stop: async () => {
      const ended = once(child, "exit");
      child.send({ type: "stop" } satisfies Order);
      await ended;
    },
  };
};

/** What a program of a contender can do; `serve` puts it behind the words above. */
export interface Servant {
  /** Enqueues jobs as one unit; resolves with their ids when they are safe. */
  enqueue?(count: number): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface Ledger {
  began(id: string): void;
  recorded(ids: readonly string[]): void;
}

const say = (answer: Answer) => void process.send?.({ ...answer, cpuSeconds: cpuSeconds() } satisfies Answer);

const inTurn = async (count: number, inFlight: number, step: () => Promise<unknown>): Promise<void> => {
  let left = count;
  const line = async () => {
    while (left-- > 0) await step();
  };
  await Promise.all(Array.from({ length: inFlight }, line));
};

/** Obeys orders until told to stop or the parent is gone. `start` gets the ledger that its worker writes into. */
export const serve = async (start: (task: ProcessTask, ledger: Ledger) => Promise<Servant>): Promise<void> => {
  const task = JSON.parse(process.argv[2] ?? "{}") as ProcessTask;
  let expected = Number.POSITIVE_INFINITY;
  let count = 0;
  let stamps = false;
  let began: [string, number][] = [];
  let recorded: [string, number][] = [];
  const servant = await start(task, {
    began: (id) => void (stamps && began.push([id, moment()])),
    recorded(ids) {
      count += ids.length;
      if (stamps) for (const id of ids) recorded.push([id, moment()]);
      if (count < expected) return;
      expected = Number.POSITIVE_INFINITY;
      say({ type: "done", began, recorded });
    },
  });
  const one = async (): Promise<[string, number]> => {
    const [id = ""] = (await servant.enqueue?.(1)) ?? [];
    return [id, moment()];
  };

  const trickle = async (total: number, perSecond: number): Promise<Moments> => {
    const enqueued: Promise<[string, number]>[] = [];
    let at = moment();
    while (enqueued.length < total) {
      // Exponential gaps: arrivals of independent people.
      at += (-Math.log(1 - Math.random()) * 1_000) / perSecond;
      const wait = at - moment();
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
      enqueued.push(one());
    }
    return Promise.all(enqueued);
  };

  const obey = async (order: Order): Promise<void> => {
    if (order.type === "watch") {
      ({ count: expected, stamps } = order);
      count = 0;
      began = [];
      recorded = [];
      say({ type: "watching" });
    } else if (order.type === "enqueue") {
      await inTurn(order.count / order.batch, order.inFlight, async () => servant.enqueue?.(order.batch));
      say({ type: "enqueued" });
    } else if (order.type === "trickle") {
      say({ type: "enqueued", enqueued: await trickle(order.count, order.perSecond) });
    } else {
      await servant.stop();
      process.exit(0);
    }
  };
  process.on("message", (order: Order) => {
    obey(order).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
  });
  process.on("disconnect", () => process.exit(0));
  say({ type: "ready" });
};
