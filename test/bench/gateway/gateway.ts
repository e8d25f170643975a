// Benchmark "gateway": list, read and create contacts through our gateway with an access token, against the same actions
// behind moleculer-web as it comes. Each side is one process with gateway and services; both use the same databases, and
// while one is measured the other idles. The exit code says when the target was missed.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { loadavg } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../scripts/start/ports.ts";
import { environmentWith } from "../../../shared/config.ts";
import { openBackends } from "../backends.ts";
import { startPlatform } from "../platform.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import { type Ask, requestsPerSecond, type Target } from "./load.ts";

const CONTACTS = 1_000;
const SECONDS = 4;
const TARGET = 0.4;
const kinds = ["list", "read", "create"] as const;
type Kind = (typeof kinds)[number];

const startBare = async (databaseUrl: string, redisUrl: string) => {
  const port = await freePort();
  const child = fork(join(import.meta.dirname, "bare-process.ts"), {
    env: environmentWith({
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      NODE_ENV: "production",
      PUBLIC_URL: "https://learn.example.org",
      LC_SECRET_KEYS: randomBytes(32).toString("base64url"),
    }),
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error("the peer ended before it was ready");
    }),
  ]);
  return {
    target: { base: `http://127.0.0.1:${port}`, headers: {} },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.disconnect();
      await once(child, "exit");
    },
  };
};

/** Measures and publishes; the headline is the kind of request that is worst for us. */
export const gateway = async ({ runs, connections, databaseUrl, redisUrl }: BenchFlags): Promise<void> => {
  const backends = await openBackends({ databaseUrl, redisUrl });
  const platform = await startPlatform({
    databaseUrl: backends.databaseUrl,
    redisUrl: backends.redisUrl,
    smtpPorts: [9],
    connections: 1,
    publicUrl: "https://learn.example.org",
    spread: "one",
    env: { LC_RATE_LIMIT: "1000000" },
  });
  let bare: Awaited<ReturnType<typeof startBare>> | undefined;
  try {
    bare = await startBare(backends.databaseUrl, backends.redisUrl);
    const ids: string[] = [];
    for (let i = 0; i < CONTACTS; i += 1) {
      const made = await platform.api<{ id: string }>("POST", "/contacts", {
        email: `seed${i}@example.org`,
        firstName: "Ada",
        attrs: { city: `City ${i % 50}` },
      });
      ids.push(made.id);
    }
    let asked = 0;
    const next = () => {
      asked += 1;
      return asked;
    };
    const asks: Record<Kind, () => Ask> = {
      list: () => ({ method: "GET", path: "/contacts?limit=20" }),
      read: () => ({ method: "GET", path: `/contacts/${ids[(7 * next()) % ids.length]}` }),
      create: () => ({
        method: "POST",
        path: "/contacts",
        body: { email: `new${next()}@example.org`, firstName: "Grace", attrs: { city: "Lyon" } },
      }),
    };
    const ours: Target = { base: platform.base, headers: { authorization: `Bearer ${platform.token}` } };
    const sides: readonly (readonly ["ours" | "peer", Target])[] = [
      ["ours", ours],
      ["peer", bare.target],
    ];
    const rates = new Map<string, number[]>();
    // One run before the first that counts: code is compiled and caches are warm on both sides.
    for (let run = 0; run <= runs; run += 1)
      for (const kind of kinds)
        for (const [side, target] of run % 2 ? sides : [...sides].reverse()) {
          const rate = await requestsPerSecond(target, connections, run === 0 ? 1 : SECONDS, asks[kind]);
          if (run > 0) rates.set(`${kind} ${side}`, [...(rates.get(`${kind} ${side}`) ?? []), rate]);
        }
    const of = (kind: Kind, side: string) => median(rates.get(`${kind} ${side}`) ?? []);
    const ratio = (kind: Kind) => of(kind, "ours") / of(kind, "peer");
    const [worst = "list"] = [...kinds].sort((a, b) => ratio(a) - ratio(b));
    const each = (kind: Kind, side: string) =>
      (rates.get(`${kind} ${side}`) ?? []).map((rate) => shown(rate)).join(", ");
    publish(
      {
        name: "gateway",
        ours: of(worst, "ours"),
        peer: of(worst, "peer"),
        unit: `requests/s (${worst}, the worst of three)`,
        notes: [
          `Medians of ${runs} alternating runs of ${SECONDS} s, ${connections} connections with one request each under way. Ours asks for an access token, limits, checks host, origin, body and parameters, and names every request; the peer is moleculer-web as it comes with the same contact services, without any of it. Each is one process with gateway and services, on the same databases; the other idles meanwhile, and ours also publishes the events of what the peer creates. Target: at least ${TARGET} of the peer. Fastify is not installed here and was not measured.`,
          "",
          "| request | ours | peer | ratio | ours, each run | peer, each run |",
          "|---|---|---|---|---|---|",
          ...kinds.map(
            (kind) =>
              `| ${kind} | ${shown(of(kind, "ours"))}/s | ${shown(of(kind, "peer"))}/s | ${shown(ratio(kind))}${ratio(kind) >= TARGET ? "" : " ✗"} | ${each(kind, "ours")} | ${each(kind, "peer")} |`,
          ),
          "",
          `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
        ],
      },
      [...machine(["moleculer", "moleculer-web", "ioredis", "pg"]), backends.words],
    );
    if (ratio(worst) < TARGET) process.exitCode = 1;
  } finally {
    await bare?.stop();
    await platform.stop();
    await backends.stop();
  }
};
