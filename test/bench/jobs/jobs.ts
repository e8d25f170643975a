// Benchmark "jobs": how many no-op jobs a second one process enqueues and one worker process runs, from the first enqueue
// until the last is recorded as done; ours with Postgres as the record, the peer at each of its concurrencies.
// The exit code says when the target was missed.
import { loadavg } from "node:os";
import { openBackends } from "../backends.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import { makeTables, startPair } from "./pair.ts";

const concurrencies = [10, 50, 100, 1000];
const leastRatio = 1.5;
/** Jobs of one transaction, or of one addBulk. */
const batch = 1_000;
/** Enqueuers at once when each job has a transaction, or command, of its own; their share of the jobs. */
const inFlight = 10;
const singlesShare = 0.2;
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Rates {
  readonly name: string;
  readonly concurrency: number | undefined;
  readonly batches: number[];
  readonly singles: number[];
}

const row = ({ name, batches, singles }: Rates) =>
  `| ${name} | ${batches.map(shown).join(", ")} | ${shown(median(batches))} | ${shown(median(singles))} |`;

/** Runs the benchmark and publishes it. */
export const jobs = async ({ runs, jobs: count, only, ...given }: BenchFlags): Promise<void> => {
  const machineLines = machine(["bullmq", "ioredis", "pg"]);
  const backends = await openBackends(given);
  const wants = (name: string) => only.length === 0 || only.includes(name);
  const ours: Rates = { name: "ours", concurrency: undefined, batches: [], singles: [] };
  const peers = concurrencies.map(
    (concurrency): Rates => ({ name: `BullMQ, concurrency ${concurrency}`, concurrency, batches: [], singles: [] }),
  );
  for (const line of [...machineLines, backends.words, `${count.toLocaleString("en")} jobs a run`]) say(line);
  try {
    await makeTables(backends);
    for (let run = 1; run <= runs; run++) {
      say(`run ${run} of ${runs}`);
      for (const one of [...(wants("ours") ? [ours] : []), ...(wants("peer") ? peers : [])]) {
        const side = one === ours ? "ours" : "peer";
        const pair = await startPair(side, backends, one.concurrency ? { concurrency: one.concurrency } : {});
        one.batches.push(await pair.throughput(count, batch, 1));
        one.singles.push(await pair.throughput(Math.ceil(count * singlesShare), 1, inFlight));
        await pair.stop();
        say(`  ${one.name}: ${shown(one.batches.at(-1) ?? 0)} jobs/s, ${shown(one.singles.at(-1) ?? 0)} one by one`);
      }
    }
  } finally {
    await backends.stop();
  }
  const bestOf = (of: (one: Rates) => number[]) => Math.max(...peers.map((one) => median(of(one))));
  const [rate, peerRate] = [median(ours.batches), bestOf(({ batches }) => batches)];
  const [single, peerSingle] = [median(ours.singles), bestOf(({ singles }) => singles)];
  const met = rate / peerRate >= leastRatio;
  publish(
    {
      name: "jobs",
      ours: rate,
      peer: peerRate,
      unit: "jobs/s",
      notes: [
        `Medians of ${runs} alternating runs of ${count.toLocaleString("en")} jobs, from the first enqueue until the last is recorded as done; one process enqueues, one works. Ours enqueues in transactions of ${batch.toLocaleString("en")} and keeps every finished job in its history, with production's settings; BullMQ uses addBulk of ${batch.toLocaleString("en")}, attempts 3, removeOnComplete off. The peer's figure is its best concurrency. Target at least ${leastRatio}: ${met ? "met" : "**missed**"}.`,
        "",
        "| | jobs/s, each run | median | median, one by one |",
        "|---|---|---|---|",
        ...[ours, ...peers].map(row),
        "",
        `One by one is a transaction (ours, synced to disk) or an add (BullMQ, synced once a second) for each job, ${inFlight} at once: ${shown(single / peerSingle)} × the peer.`,
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (!met) process.exitCode = 1;
};
