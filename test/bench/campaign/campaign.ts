// Benchmark "campaign": the same mail to the same people, by us, by the peer, and by a bare SMTP loop, one after the other
// in every run. Every mail of us and of the peer is parsed and checked; one that is wrong, lost or doubled ends it all.
import { openBackends } from "../backends.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import type { Contender } from "./contender.ts";
import { createBareLoop, createPeer } from "./contenders.ts";
import { html } from "./content.ts";
import { createOurs } from "./ours.ts";
import { type Sink, startSink } from "./sink-process.ts";

const publicUrl = "https://learn.example.org";
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Sends once, checks what arrived, and answers the rate in mails a second. */
const measure = async (contender: Contender, sink: Sink, recipients: number): Promise<number> => {
  await sink.ask({ type: "reset" });
  const { seconds, failed } = await contender.run();
  const { count = 0 } = await sink.ask({ type: "count" });
  const rate = recipients / seconds;
  if (contender.linkPrefix === undefined) {
    if (count !== recipients) throw new Error(`${contender.name} sent ${count} mails instead of ${recipients}`);
    say(`  ${contender.name}: ${shown(rate)} mails/s (${seconds.toFixed(1)} s)`);
    return rate;
  }
  const { check, averageBytes } = await sink.ask({ type: "check", recipients, linkPrefix: contender.linkPrefix });
  if (!check) throw new Error("The sink did not check");
  const { people, doubled, lost, wrong, examples } = check;
  say(
    `  ${contender.name}: ${shown(rate)} mails/s (${seconds.toFixed(1)} s); ${people} people, ${doubled} doubled, ${lost} lost, ${wrong} wrong, ${averageBytes} bytes a mail`,
  );
  if (failed + doubled + lost + wrong > 0)
    throw new Error(`${contender.name} failed ${failed}; ${examples.join("; ")}`);
  return rate;
};

/** Runs the benchmark and publishes it. Rejects when a contender did not do its work. */
export const campaign = async ({ runs, recipients, connections, only, ...given }: BenchFlags): Promise<void> => {
  const machineLines = machine(["bullmq", "nodemailer", "moleculer", "pg", "smtp-server"]);
  const backends = await openBackends(given);
  const sink = await startSink();
  const task = {
    databaseUrl: backends.databaseUrl,
    redisUrl: backends.redisUrl,
    smtpPort: sink.port,
    connections,
    publicUrl,
  };
  let sample = "";
  const all: Contender[] = [
    createOurs({ ...task, smtpPorts: [sink.port] }),
    createPeer(task),
    createBareLoop(task, () => sample),
  ];
  const contenders = all.filter((one) => only.length === 0 || only.includes(one.name));
  const rates: Record<Contender["name"], number[]> = { ours: [], peer: [], bare: [] };
  const conditions = `${recipients.toLocaleString("en")} recipients, ${Buffer.byteLength(html)} bytes of HTML and a text part, 3 tracked links, ${connections} SMTP connections`;
  for (const line of [...machineLines, backends.words, conditions]) say(line);
  try {
    for (const contender of contenders) await contender.prepare(recipients);
    for (let run = 1; run <= runs; run++) {
      say(`run ${run} of ${runs}`);
      for (const contender of contenders) {
        rates[contender.name].push(await measure(contender, sink, recipients));
        // The bare loop sends the bytes that we, or else the peer, sent first.
        if (!sample) sample = (await sink.ask({ type: "sample" })).sample ?? "";
      }
    }
  } finally {
    for (const contender of contenders) await contender.stop();
    await sink.stop();
    await backends.stop();
  }
  const [ours, peer, bare] = [median(rates.ours), median(rates.peer), median(rates.bare)];
  publish(
    {
      name: "campaign",
      ours,
      peer,
      unit: "mails/s",
      notes: [
        `Medians of ${runs} alternating runs; ${conditions}. Every mail was parsed and checked for name, city, links, unsubscribe and doubles after the clock had stopped.`,
        "",
        "| | mails/s, each run | median |",
        "|---|---|---|",
        `| ours, launch to completed, one ledger row a person | ${rates.ours.map(shown).join(", ")} | ${shown(ours)} |`,
        `| peer: BullMQ worker (concurrency 50), nodemailer pool, one UPDATE a mail | ${rates.peer.map(shown).join(", ")} | ${shown(peer)} |`,
        `| bare SMTP loop, the same bytes and connections | ${rates.bare.map(shown).join(", ")} | ${shown(bare)} |`,
        "",
        `Ours is ${shown(ours / bare)} of the bare loop; listmonk's published best is 833 mails/s.`,
      ],
    },
    [...machineLines, backends.words],
  );
};
