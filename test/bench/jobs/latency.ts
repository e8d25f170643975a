// Benchmark "latency": how long one job takes from the moment its enqueue is safe until its handler starts, and until it
// is recorded as done; on an idle system, and while other jobs take half of what the peer's worker can do.
// The exit code says when a target was missed.
import { loadavg } from "node:os";
import { openBackends } from "../backends.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import { makeTables, type Pair, type Side, startPair } from "./pair.ts";
import type { Answer } from "./protocol.ts";

/** Idle: so far apart that they never meet. Busy: half of what one process does when jobs come one by one. */
const idlePerSecond = 20;
const idleJobs = 400;
const busySeconds = 10;
const mostMs = 20;
const sides = ["ours", "peer"] as const;
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Times {
  readonly start50: number;
  readonly start99: number;
  readonly done50: number;
  readonly done99: number;
}

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const timesOf = ([enqueued, done]: readonly Answer[]): Times => {
  const since = new Map(enqueued?.enqueued ?? []);
  const waits = (moments: Answer["began"]) =>
    (moments ?? []).map(([id, moment]) => Math.max(0, moment - (since.get(id) ?? Number.NaN))).sort((a, b) => a - b);
  const [start, recorded] = [waits(done?.began), waits(done?.recorded)];
  return { start50: at(start, 0.5), start99: at(start, 0.99), done50: at(recorded, 0.5), done99: at(recorded, 0.99) };
};

const middle = (all: readonly Times[]): Times => {
  const of = (key: keyof Times) => median(all.map((one) => one[key]));
  return { start50: of("start50"), start99: of("start99"), done50: of("done50"), done99: of("done99") };
};

const cells = ({ start50, start99, done50, done99 }: Times) =>
  [start50, start99, done50, done99].map((ms) => `${shown(ms)} ms`).join(" | ");

/** Runs the benchmark and publishes it. */
export const latency = async ({ runs, ...given }: BenchFlags): Promise<void> => {
  const machineLines = machine(["bullmq", "ioredis", "pg"]);
  const backends = await openBackends(given);
  const idle: Record<Side, Times[]> = { ours: [], peer: [] };
  const busy: Record<Side, Times[]> = { ours: [], peer: [] };
  let perSecond = 0;
  for (const line of [...machineLines, backends.words]) say(line);
  const start = (side: Side) => startPair(side, backends, side === "peer" ? { concurrency: 50 } : {});
  const measure = async (side: Side, pair: Pair) => {
    idle[side].push(timesOf(await pair.trickle(idleJobs, idlePerSecond)));
    busy[side].push(timesOf(await pair.trickle(perSecond * busySeconds, perSecond)));
    say(`  ${side}: idle ${cells(idle[side].at(-1) as Times)}; busy ${cells(busy[side].at(-1) as Times)}`);
  };
  try {
    await makeTables(backends);
    const rates: number[] = [];
    for (const side of sides) {
      const pair = await start(side);
      rates.push(await pair.throughput(10_000, 1, 10));
      await pair.stop();
    }
    perSecond = Math.round(Math.min(...rates) / 2);
    for (let run = 1; run <= runs; run++) {
      say(`run ${run} of ${runs}; busy is ${perSecond} jobs/s`);
      for (const side of sides) {
        const pair = await start(side);
        await measure(side, pair);
        await pair.stop();
      }
    }
  } finally {
    await backends.stop();
  }
  const [ours, peer] = [middle(idle.ours), middle(idle.peer)];
  const [oursBusy, peerBusy] = [middle(busy.ours), middle(busy.peer)];
  const idleMet = ours.start99 <= mostMs;
  const busyMet = oursBusy.start99 <= peerBusy.start99;
  publish(
    {
      name: "latency",
      ours: ours.start99,
      peer: peer.start99,
      unit: "ms",
      lessIsBetter: true,
      notes: [
        `p99 from the enqueue's commit (ours, synced to disk) or reply (BullMQ) to the start of the handler, idle; medians of ${runs} alternating runs. One process enqueues, one works, and moments are taken from the clock that both share. Idle is ${idlePerSecond} jobs a second at random moments, busy is ${perSecond} a second: half of what the slower side can do when each job is enqueued by itself. Targets: at most ${mostMs} ms idle, ${idleMet ? "met" : "**missed**"}; busy not worse than the peer, ${busyMet ? "met" : "**missed**"}.`,
        "",
        "| | start p50 | start p99 | done p50 | done p99 |",
        "|---|---|---|---|---|",
        `| ours, idle | ${cells(ours)} |`,
        `| BullMQ, idle | ${cells(peer)} |`,
        `| ours, busy | ${cells(oursBusy)} |`,
        `| BullMQ, busy | ${cells(peerBusy)} |`,
        "",
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (!idleMet || !busyMet) process.exitCode = 1;
};
