// Benchmark "idle": processor time of a process that listens to 50 channels and has nothing to do, ours beside the stock
// adapter of @moleculer/channels, one after the other. The exit code says when the target was missed.
import { fork } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { openBackends } from "../backends.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";

const channelCount = 50;
const settleMs = 5_000;
const mostPercent = 1;
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Idle {
  /** Of one core. */
  readonly percent: number;
  readonly connections: number;
  readonly commandsPerSecond: number;
}

const measure = async (side: "ours" | "stock", redisUrl: string, seconds: number): Promise<Idle> => {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  const fact = async (name: string) =>
    Number(new RegExp(`^${name}:(\\d+)`, "m").exec(await redis.info())?.[1] ?? Number.NaN);
  const before = await fact("connected_clients");
  const child = fork(fileURLToPath(new URL("./process.ts", import.meta.url)), [side, redisUrl, String(channelCount)]);
  await once(child, "message");
  await delay(settleMs);
  const used = async () => {
    child.send("used");
    return ((await once(child, "message")) as [number])[0];
  };
  const [cpu, commands, begun] = [await used(), await fact("total_commands_processed"), performance.now()];
  await delay(seconds * 1000);
  const took = (performance.now() - begun) / 1000;
  const result = {
    percent: (((await used()) - cpu) / took) * 100,
    connections: (await fact("connected_clients")) - before,
    commandsPerSecond: ((await fact("total_commands_processed")) - commands) / took,
  };
  child.disconnect();
  await once(child, "exit");
  redis.disconnect();
  return result;
};

/** Runs the benchmark and publishes it. */
export const idle = async ({ runs, seconds, ...given }: BenchFlags): Promise<void> => {
  const machineLines = machine(["moleculer", "@moleculer/channels", "ioredis"]);
  const backends = await openBackends(given);
  const measured: Record<"ours" | "stock", Idle[]> = { ours: [], stock: [] };
  for (const line of [...machineLines, backends.words]) say(line);
  const watched = Math.min(seconds, 30);
  try {
    for (let run = 1; run <= runs; run++)
      for (const side of ["ours", "stock"] as const) {
        const one = await measure(side, backends.redisUrl, watched);
        measured[side].push(one);
        say(`  ${side}: ${shown(one.percent)} % of a core, ${one.connections} connections`);
      }
  } finally {
    await backends.stop();
  }
  const of = (side: "ours" | "stock", key: keyof Idle) => median(measured[side].map((one) => one[key]));
  const row = (name: string, side: "ours" | "stock") =>
    `| ${name} | ${shown(of(side, "percent"))} % | ${of(side, "connections")} | ${shown(of(side, "commandsPerSecond"))} |`;
  const met = of("ours", "percent") < mostPercent;
  publish(
    {
      name: "idle",
      ours: of("ours", "percent"),
      peer: of("stock", "percent"),
      unit: "% of a core",
      lessIsBetter: true,
      notes: [
        `${channelCount} channels of one group with nothing to do; processor time of the process over ${watched} s, medians of ${runs} alternating runs. The peer is the Redis adapter that @moleculer/channels brings. Target below ${mostPercent} %: ${met ? "met" : "**missed**"}.`,
        "",
        "| | of a core | connections | commands/s |",
        "|---|---|---|---|",
        row("ours", "ours"),
        row("stock adapter", "stock"),
        "",
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (!met) process.exitCode = 1;
};
