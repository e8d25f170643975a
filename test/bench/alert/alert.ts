// Benchmark "alert": how long an alert takes from the call of the API until the mail server has accepted it, while a
// campaign to everybody goes out through the same processes. The exit code says when the target was missed.
import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { openBackends } from "../backends.ts";
import { html, subject, text } from "../campaign/content.ts";
import { startSink } from "../campaign/sink-process.ts";
import { startPlatform } from "../platform.ts";
import { importContacts, setSender, until } from "../recipients.ts";
import { machine, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";

const everyMs = 200;
const mostMs = 1_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Runs the benchmark and publishes it. */
export const alert = async ({ recipients, connections, ...given }: BenchFlags): Promise<void> => {
  const machineLines = machine(["moleculer", "ioredis", "pg"]);
  const backends = await openBackends(given);
  const sink = await startSink();
  for (const line of [...machineLines, backends.words]) say(line);
  const { databaseUrl, redisUrl } = backends;
  const platform = await startPlatform({
    databaseUrl,
    redisUrl,
    smtpPorts: [sink.port],
    connections,
    publicUrl: "https://learn.example.org",
  });
  const waits: number[] = [];
  const answers: number[] = [];
  let seconds = 0;
  try {
    const { api } = platform;
    await setSender(databaseUrl);
    await importContacts(platform, recipients);
    const draft = {
      name: "Alerts beside",
      channel: "email",
      audience: { all: true },
      content: { subject, html, text },
    };
    const { id } = await api<{ id: string }>("POST", "/campaigns", draft);
    await api("POST", `/campaigns/${id}/launch`, {});
    const counted = async () => (await sink.ask({ type: "count" })).count ?? 0;
    await until("the first mail", 60, counted, (count) => count > 0);
    const begun = performance.now();
    const sent: { readonly id: string; readonly at: number }[] = [];
    for (let i = 0; ; i++) {
      const { status } = await api<{ status: string }>("GET", `/campaigns/${id}`);
      if (["completed", "held", "cancelled"].includes(status)) break;
      const at = Date.now();
      const { id: messageId } = await api<{ id: string }>("POST", "/messages", {
        channel: "email",
        kind: "alert",
        to: `alert-${i}@example.com`,
        content: { subject: "Alert", html: "<p>Your lesson starts in five minutes.</p>", text: "Your lesson starts." },
      });
      answers.push(Date.now() - at);
      sent.push({ id: messageId, at });
      await delay(everyMs);
    }
    seconds = (performance.now() - begun) / 1000;
    for (const one of sent) {
      const { acceptedAt } = await until(
        "the alert's acceptance",
        30,
        () => api<{ acceptedAt: string | null }>("GET", `/messages/${one.id}`),
        (message) => message.acceptedAt !== null,
      );
      waits.push(Date.parse(acceptedAt ?? "") - one.at);
    }
  } finally {
    await platform.stop();
    await sink.stop();
    await backends.stop();
  }
  const at = (values: readonly number[], share: number) =>
    [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
  const met = at(waits, 0.99) < mostMs;
  publish(
    {
      name: "alert",
      ours: at(waits, 0.99),
      peer: mostMs,
      unit: "ms",
      lessIsBetter: true,
      notes: [
        `p99 from the call of POST /messages with kind alert until the ledger's acceptedAt, of ${waits.length} alerts, one every ${everyMs} ms while a campaign of ${recipients.toLocaleString("en")} mails went out in ${shown(seconds)} s (${shown(recipients / seconds)} mails/s). The peer is the target, below ${mostMs} ms: ${met ? "met" : "**missed**"}.`,
        "",
        "| | p50 | p99 | most |",
        "|---|---|---|---|",
        `| API to accepted | ${at(waits, 0.5)} ms | ${at(waits, 0.99)} ms | ${Math.max(...waits)} ms |`,
        `| answer of the API | ${at(answers, 0.5)} ms | ${at(answers, 0.99)} ms | ${Math.max(...answers)} ms |`,
        "",
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (!met) process.exitCode = 1;
};
