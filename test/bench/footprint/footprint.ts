// Benchmark "footprint": memory, processor time and connections of every process in each of the ways that `npm start` can
// spread the services, a minute after they are ready with nothing to do, and then while a campaign goes out.
// The databases run outside of the measured processes. The exit code says when the target was missed.
import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Backends, openBackends } from "../backends.ts";
import { html, subject, text } from "../campaign/content.ts";
import { type Sink, startSink } from "../campaign/sink-process.ts";
import { type Platform, type PlatformOptions, type PlatformProcess, startPlatform } from "../platform.ts";
import { importContacts, setSender, until } from "../recipients.ts";
import { machine, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import { type Connections, connectionsOf } from "./connections.ts";
import { processorSeconds, residentMb } from "./process-facts.ts";

const spreads = ["one", "folded", "each"] as const;
const settleSeconds = 60;
const recipients = 10_000;
const sampleMs = 200;
/** Targets for all services in one process. */
const mostMb = 300;
const mostPercent = 2;
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Footprint {
  readonly spread: (typeof spreads)[number];
  readonly name: string;
  readonly idleMb: number;
  /** Of one core. */
  readonly idlePercent: number;
  readonly connections: Connections;
  readonly busyMb: number;
  readonly busyPercent: number;
  /** How long the campaign took. */
  readonly busySeconds: number;
}

/** Runs `work` and answers, per process, its highest memory meanwhile its share of one core in percent, and how long it took. */
const watch = async (processes: readonly PlatformProcess[], work: () => Promise<unknown>) => {
  const begun = performance.now();
  const used = processes.map(({ pid }) => processorSeconds(pid));
  const most = processes.map(({ pid }) => residentMb(pid));
  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      for (const [i, { pid }] of processes.entries()) most[i] = Math.max(most[i] ?? 0, residentMb(pid));
      await delay(sampleMs);
    }
  })();
  try {
    await work();
  } finally {
    done.abort();
    await sampling;
  }
  const seconds = (performance.now() - begun) / 1000;
  return processes.map(({ pid }, i) => ({
    mb: most[i] ?? Number.NaN,
    percent: ((processorSeconds(pid) - (used[i] ?? 0)) / seconds) * 100,
    seconds,
  }));
};

const sendCampaign = async ({ api }: Platform, sink: Sink): Promise<void> => {
  await sink.ask({ type: "reset" });
  const draft = { name: "Footprint", channel: "email", audience: { all: true }, content: { subject, html, text } };
  const { id } = await api<{ id: string }>("POST", "/campaigns", draft);
  await api("POST", `/campaigns/${id}/launch`, {});
  await until(
    "the campaign's completion",
    300,
    () => api<{ status: string }>("GET", `/campaigns/${id}`),
    ({ status }) => status === "completed",
  );
};

const measure = async (
  spread: (typeof spreads)[number],
  backends: Backends,
  sink: Sink,
  seconds: number,
  options: PlatformOptions,
): Promise<Footprint[]> => {
  const platform = await startPlatform({ ...options, spread, sandbox: true });
  try {
    const { processes, api } = platform;
    await delay(settleSeconds * 1000);
    const idle = await watch(processes, () => delay(seconds * 1000));
    const connections = await connectionsOf(
      backends,
      processes.map(({ pid }) => pid),
    );
    for (const [i, { name, pid }] of processes.entries())
      say(
        `  ${spread}, ${name}: ${shown(idle[i]?.mb ?? Number.NaN)} MB, ${shown(idle[i]?.percent ?? Number.NaN)} % of a core, ${JSON.stringify(connections.get(pid))}`,
      );
    await setSender(backends.databaseUrl);
    const { data } = await api<{ data: readonly unknown[] }>("GET", "/contacts?limit=1");
    if (data.length === 0) await importContacts(platform, recipients);
    const busy = await watch(processes, () => sendCampaign(platform, sink));
    return processes.map(({ name, pid }, i) => ({
      spread,
      name: spread === "one" ? "all services" : spread === "folded" && name === "gateway" ? "gateway and others" : name,
      idleMb: idle[i]?.mb ?? Number.NaN,
      idlePercent: idle[i]?.percent ?? Number.NaN,
      connections: connections.get(pid) ?? { redis: Number.NaN, postgres: Number.NaN },
      busyMb: busy[i]?.mb ?? Number.NaN,
      busyPercent: busy[i]?.percent ?? Number.NaN,
      busySeconds: busy[i]?.seconds ?? Number.NaN,
    }));
  } finally {
    await platform.stop();
  }
};

const row = (one: Footprint): string =>
  `| ${[
    one.spread,
    one.name,
    `${Math.round(one.idleMb)} MB`,
    `${one.idlePercent.toFixed(1)} %`,
    one.connections.redis,
    one.connections.postgres,
    `${Math.round(one.busyMb)} MB`,
    `${Math.round(one.busyPercent)} %`,
    `${one.busySeconds.toFixed(1)} s`,
  ].join(" | ")} |`;

/** Runs the benchmark and publishes it. */
export const footprint = async ({ seconds, connections, ...given }: BenchFlags): Promise<void> => {
  const wanted = spreads.filter((spread) => given.only.length === 0 || given.only.includes(spread));
  const machineLines = machine(["moleculer", "ioredis", "pg"]);
  const backends = await openBackends(given);
  const sink = await startSink();
  const rows: Footprint[] = [];
  for (const line of [...machineLines, backends.words]) say(line);
  try {
    const { databaseUrl, redisUrl } = backends;
    const options = {
      databaseUrl,
      redisUrl,
      smtpPorts: sink.ports,
      connections,
      publicUrl: "https://learn.example.org",
    };
    for (const spread of wanted) {
      const measured = await measure(spread, backends, sink, seconds, options);
      rows.push(...measured);
      for (const one of measured) say(`  ${row(one)}`);
    }
  } finally {
    await sink.stop();
    await backends.stop();
  }
  const one = rows.find(({ spread }) => spread === "one");
  const missed = one && (one.idleMb > mostMb || one.idlePercent > mostPercent);
  publish(
    {
      name: "footprint",
      ours: one?.idleMb ?? Number.NaN,
      peer: mostMb,
      unit: "MB",
      lessIsBetter: true,
      notes: [
        `Peer is the target for all services in one process: at most ${mostMb} MB and ${mostPercent} % of a core while idle${one ? `; ${missed ? "**missed**" : "met"}` : ""}. Idle is the highest resident memory and the mean processor time over ${seconds} s, from ${settleSeconds} s after ready on; busy is the same while a campaign of ${recipients.toLocaleString("en")} goes out. Redis and Postgres run outside of these processes. Connections are those of CLIENT LIST and pg_stat_activity while idle; stock channels took 51 to Redis and 8 % of a core.`,
        "",
        "| spread | process | memory, idle | core, idle | Redis | Postgres | memory, busy | core, busy | for |",
        "|---|---|---|---|---|---|---|---|---|",
        ...rows.map(row),
        "",
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (missed) process.exitCode = 1;
};
