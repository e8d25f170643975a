// Benchmark "rate": campaigns with a configured rate, shared by several email processes, counted where the mails arrive.
// Never faster than configured, hardly slower, and nobody twice; the exit code says when a rate was missed.
import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { openBackends } from "../backends.ts";
import { html, subject, text } from "../campaign/content.ts";
import { type Sink, startSink } from "../campaign/sink-process.ts";
import { type Platform, startPlatform } from "../platform.ts";
import { importContacts, setSender, until } from "../recipients.ts";
import { machine, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import { judge, type Kept } from "./windows.ts";

const publicUrl = "https://learn.example.org";
/** Achieved / configured, to two decimals, must lie in between: where the window cuts a burst may not decide. */
const leastRatio = 0.97;
const mostRatio = 1;
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Measured extends Kept {
  readonly perSecond: number;
  /** Mails of each email process. */
  readonly shares: readonly number[];
}

const met = ({ ratio, excess, perSecond }: Measured) =>
  ratio >= leastRatio && Number(ratio.toFixed(2)) <= mostRatio && excess <= perSecond;

/** Sends at that rate for a little more than `seconds`, cancels the rest, and judges what arrived. */
const measure = async (platform: Platform, sink: Sink, perSecond: number, seconds: number): Promise<Measured> => {
  const { api } = platform;
  await sink.ask({ type: "reset" });
  const draft = {
    name: `Rate ${perSecond}`,
    channel: "email",
    audience: { all: true },
    content: { subject, html, text },
    rate: { perSecond },
  };
  const { id } = await api<{ id: string }>("POST", "/campaigns", draft);
  await api("POST", `/campaigns/${id}/launch`, {});
  const counted = async () => (await sink.ask({ type: "count" })).count ?? 0;
  await until("the first mail", 60, counted, (count) => count > 0);
  await delay((seconds + 2) * 1000);
  await api("POST", `/campaigns/${id}/cancel`, {});
  const { states } = await until(
    "the end of the cancelled campaign",
    120,
    () => api<{ states: Record<string, number> }>("GET", `/campaigns/${id}/stats`),
    ({ states: now }) => ["queued", "claimed", "handing_off"].every((state) => !now[state]),
  );
  const { arrivals } = await sink.ask({ type: "arrivals" });
  if (!arrivals) throw new Error("The sink did not tell the arrivals");
  const { at, listener, people } = arrivals;
  if (people !== at.length || at.length !== states.accepted)
    throw new Error(`${at.length} mails to ${people} people arrived, the ledger says: ${JSON.stringify(states)}`);
  const shares = sink.ports.map((_, port) => listener.filter((one) => one === port).length);
  return { perSecond, shares, ...judge(at, perSecond, seconds) };
};

const row = (one: Measured): string =>
  `| ${[
    one.perSecond,
    one.achieved.toFixed(2),
    one.ratio.toFixed(3),
    `${one.excess.toFixed(1)} of ${one.perSecond} permitted`,
    one.busiestSecond,
    `${Math.round(one.longestGapMs)} ms`,
    one.shares.join(" + "),
    met(one) ? "met" : "**missed**",
  ].join(" | ")} |`;

/** Runs the benchmark and publishes it; without rates given for 14, 70 and 500 a second. */
export const rate = async ({ perSecond, seconds, processes, connections, ...given }: BenchFlags): Promise<void> => {
  const rates = perSecond.length > 0 ? perSecond : [14, 70, 500];
  const machineLines = machine(["moleculer", "ioredis", "pg", "nodemailer", "smtp-server"]);
  const backends = await openBackends(given);
  const sink = await startSink(processes);
  const measured: Measured[] = [];
  let platform: Platform | undefined;
  for (const line of [...machineLines, backends.words]) say(line);
  try {
    const { databaseUrl, redisUrl } = backends;
    platform = await startPlatform({ databaseUrl, redisUrl, smtpPorts: sink.ports, connections, publicUrl });
    await setSender(databaseUrl);
    await importContacts(platform, Math.ceil(Math.max(...rates) * (seconds + 6)));
    for (const one of rates) {
      const result = await measure(platform, sink, one, seconds);
      measured.push(result);
      say(`  ${row(result)} load average ${loadavg()[0]?.toFixed(1)}`);
    }
  } finally {
    await platform?.stop();
    await sink.stop();
    await backends.stop();
  }
  const shownFirst = measured.find((one) => one.perSecond === 70) ?? measured[0];
  if (!shownFirst) throw new Error("No rate was measured");
  publish(
    {
      name: "rate",
      ours: shownFirst.achieved,
      peer: shownFirst.perSecond,
      unit: "mails/s",
      notes: [
        `Peer is the configured rate. One campaign a rate, shared by ${processes} email processes and counted at the sink for ${seconds} s after the first second. Nobody got two mails, and every mail is in the ledger. Target: ${leastRatio} to ${mostRatio.toFixed(2)} of the configured rate, and in no window of any length more than rate × its length + one second of rate. listmonk's reported figure is 0.32 of configured.`,
        "",
        "| configured | achieved | ratio | most above rate × T in any window | busiest second | longest gap | per process | target |",
        "|---|---|---|---|---|---|---|---|",
        ...measured.map(row),
        "",
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (!measured.every(met)) process.exitCode = 1;
};
