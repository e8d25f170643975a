// Benchmark "scale": what a job costs while others wait, none, 100,000 and 1,000,000 of them, half scheduled for later and
// half parked behind a held type; and what more email processes bring. The exit code says when a target was missed.
import { loadavg } from "node:os";
import { type Backends, openBackends } from "../backends.ts";
import { createOurs } from "../campaign/ours.ts";
import { startSink } from "../campaign/sink-process.ts";
import { makeTables, startPair, withDb } from "../jobs/pair.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";

const depths = [0, 100_000, 1_000_000];
const processCounts = [1, 2, 4];
/** Cost at any depth over cost at depth 0. */
const mostRatio = 1.2;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Jobs that wait: scheduled for next week, and of a type that is held. As the job layer would have written them. */
const fill = async (backends: Backends, depth: number): Promise<void> => {
  if (depth === 0) return;
  await withDb(backends, async (db) => {
    await db.raw("insert into jobs.holds (kind, name) values ('type', 'campaign.launch')");
    await db.raw(
      `insert into jobs.jobs (id, type, group_name, queue, state, input, run_at, published_at)
       select gen_random_uuid(), case when n % 2 = 0 then 'campaign.finalize' else 'campaign.launch' end, 'campaigns',
              'default', case when n % 2 = 0 then 'scheduled' else 'queued' end,
              jsonb_build_object('campaignId', gen_random_uuid()),
              now() + case when n % 2 = 0 then interval '7 days' else interval '0' end,
              case when n % 2 = 0 then null else 'infinity'::timestamptz end
       from generate_series(1, ?::int) n`,
      [depth],
    );
    await db.raw("vacuum analyze jobs.jobs");
  });
};

const throughputs = async (backends: Backends, runs: number, count: number): Promise<Map<number, number[]>> => {
  const rates = new Map(depths.map((depth) => [depth, [] as number[]]));
  for (let run = 1; run <= runs; run++)
    for (const depth of depths) {
      const pair = await startPair("ours", backends, { fill: () => fill(backends, depth) });
      const rate = await pair.throughput(count, 1_000, 1);
      await pair.stop();
      rates.get(depth)?.push(rate);
      say(`  run ${run}, ${depth.toLocaleString("en")} waiting: ${shown(rate)} jobs/s`);
    }
  return rates;
};

const campaigns = async (backends: Backends, recipients: number, connections: number): Promise<Map<number, number>> => {
  const rates = new Map<number, number>();
  for (const processes of processCounts) {
    const sink = await startSink(processes);
    const ours = createOurs({
      databaseUrl: backends.databaseUrl,
      redisUrl: backends.redisUrl,
      smtpPorts: sink.ports,
      connections,
      publicUrl: "https://learn.example.org",
    });
    try {
      // The people of the first round are still there.
      await ours.prepare(rates.size === 0 ? recipients : 0);
      const { seconds } = await ours.run();
      rates.set(processes, recipients / seconds);
      say(`  ${processes} email processes: ${shown(recipients / seconds)} mails/s`);
    } finally {
      await ours.stop();
      await sink.stop();
    }
  }
  return rates;
};

/** Runs the benchmark and publishes it; `--only jobs` or `--only mails` runs a half. */
export const scale = async ({ runs, jobs, recipients, connections, only, ...given }: BenchFlags): Promise<void> => {
  const machineLines = machine(["ioredis", "pg"]);
  const backends = await openBackends(given, ["max_wal_size = 4GB"]);
  const wants = (name: string) => only.length === 0 || only.includes(name);
  for (const line of [...machineLines, backends.words]) say(line);
  let rates = new Map<number, number[]>();
  let mails = new Map<number, number>();
  try {
    await makeTables(backends);
    if (wants("mails")) mails = await campaigns(backends, recipients, connections);
    if (wants("jobs")) rates = await throughputs(backends, runs, jobs);
  } finally {
    await backends.stop();
  }
  const costOf = (depth: number) => 1e6 / median(rates.get(depth) ?? []);
  const ratioOf = (depth: number) => costOf(depth) / costOf(0);
  const worst = Math.max(...depths.map(ratioOf));
  const met = !wants("jobs") || worst <= mostRatio;
  publish(
    {
      name: "scale",
      ours: costOf(1_000_000),
      peer: costOf(0),
      unit: "µs a job",
      lessIsBetter: true,
      notes: [
        `Cost of a no-op job, enqueue to done, with 1,000,000 jobs waiting (ours) and none (peer: itself); medians of ${runs} alternating runs of ${jobs.toLocaleString("en")} jobs. Half of the waiting ones are scheduled for next week, half are of a held type. Target: flat within ${Math.round((mostRatio - 1) * 100)} %, ${met ? "met" : "**missed**"}.`,
        "",
        "| jobs waiting | jobs/s, each run | µs a job | against none |",
        "|---|---|---|---|",
        ...depths.map(
          (depth) =>
            `| ${depth.toLocaleString("en")} | ${(rates.get(depth) ?? []).map(shown).join(", ")} | ${shown(costOf(depth))} | ${shown(ratioOf(depth))} |`,
        ),
        "",
        `| email processes | mails/s, ${recipients.toLocaleString("en")} mails | against one |`,
        "|---|---|---|",
        ...processCounts.map(
          (count) =>
            `| ${count} | ${shown(mails.get(count) ?? Number.NaN)} | ${shown((mails.get(count) ?? Number.NaN) / (mails.get(1) ?? Number.NaN))} |`,
        ),
        "",
        "Databases, sink and all processes share the cores of one machine, so more processes bring no more than its idle cores.",
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (!met) process.exitCode = 1;
};
