// Faults while a campaign goes out: every process killed and replaced, Redis and Postgres killed, a mail server that
// accepts and drops the connection. The sink says what arrived, the ledger what it believes.

import type { AddressInfo } from "node:net";
import { createServer, connect as openSocket, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connectRedis } from "../../shared/streams/connections.ts";
import { html, subject, text } from "../bench/campaign/content.ts";
import { type Sink, startSink } from "../bench/campaign/sink-process.ts";
import { type Platform, startPlatform } from "../bench/platform.ts";
import { importContacts, setSender, until } from "../bench/recipients.ts";
import type { Outcome } from "./outcome.ts";
import type { ChaosFlags } from "./run.ts";
import { type Servers, startServers } from "./servers.ts";

const leaseSeconds = 10;
/** Mails that one process may have in its hands when it dies. */
const inHand = 200;
const connections = 16;

interface Stage {
  readonly servers: Servers;
  readonly platform: Platform;
  readonly sink: Sink;
  /** Resolves true when the campaign has ended, false after `ms`. */
  ended(ms: number): Promise<boolean>;
}

interface Ending {
  readonly status: string;
  readonly states: Record<string, number>;
}

const quietly = <T>(work: Promise<T>): Promise<T | undefined> => work.catch(() => undefined);

interface Play {
  readonly fault: string;
  readonly what: string;
  readonly messages: number;
  readonly perSecond?: number;
  readonly unknownAtMost: number;
  /** Stands between the platform and the sink. */
  readonly front?: (sinkPort: number) => Promise<{ readonly port: number; readonly note: () => string; close(): void }>;
  readonly act: (stage: Stage) => Promise<void>;
}

const play = async ({ fault, what, messages, perSecond, unknownAtMost, front, act }: Play): Promise<Outcome> => {
  const servers = await startServers();
  const sink = await startSink();
  const before = await front?.(sink.port);
  let platform: Platform | undefined;
  try {
    platform = await startPlatform({
      databaseUrl: servers.postgres.url,
      redisUrl: servers.redis.url,
      smtpPorts: [before?.port ?? sink.port],
      connections,
      publicUrl: "https://learn.example.org",
      spread: "each",
      env: { LC_LEASE_SECONDS: String(leaseSeconds) },
    });
    const { api } = platform;
    await setSender(servers.postgres.url);
    await importContacts(platform, messages);
    const draft = { name: "Chaos", channel: "email", audience: { all: true }, content: { subject, html, text } };
    const { id } = await api<{ id: string }>("POST", "/campaigns", {
      ...draft,
      ...(perSecond ? { rate: { perSecond } } : {}),
    });
    await api("POST", `/campaigns/${id}/launch`, {});
    const look = async (): Promise<Ending | undefined> => {
      const campaign = await quietly(api<{ status: string }>("GET", `/campaigns/${id}`));
      const stats = await quietly(api<{ states: Record<string, number> }>("GET", `/campaigns/${id}/stats`));
      return campaign && stats ? { status: campaign.status, states: stats.states } : undefined;
    };
    const isOver = (now: Ending | undefined) =>
      now !== undefined && ["completed", "held", "cancelled"].includes(now.status);
    const counted = async () => (await sink.ask({ type: "count" })).count ?? 0;
    await until("the first mail", 120, counted, (count) => count > 0);
    await act({
      servers,
      platform,
      sink,
      ended: async (ms) => {
        await delay(ms);
        return isOver(await look());
      },
    });
    await platform.ready();
    const last = await until("the end of the campaign", 900, look, isOver);
    return await judged({
      fault,
      what,
      messages,
      unknownAtMost,
      sink,
      states: last?.states ?? {},
      note: before?.note(),
    });
  } finally {
    await platform?.stop();
    before?.close();
    await sink.stop();
    await servers.stop();
  }
};

interface Judged extends Pick<Play, "fault" | "what" | "messages" | "unknownAtMost"> {
  readonly sink: Sink;
  readonly states: Record<string, number>;
  readonly note: string | undefined;
}

const judged = async ({ fault, what, messages, unknownAtMost, sink, states, note }: Judged): Promise<Outcome> => {
  const { check } = await sink.ask({
    type: "check",
    recipients: messages,
    linkPrefix: "https://learn.example.org/t/c/",
  });
  const { arrivals } = await sink.ask({ type: "arrivals" });
  if (!check || !arrivals) throw new Error("The sink did not say what arrived");
  const { accepted = 0, unknown = 0 } = states;
  const at = arrivals.at;
  const gaps = at.map((moment, i) => moment - (at[i - 1] ?? moment));
  const longest = gaps.reduce((most, gap) => Math.max(most, gap), 0) / 1000;
  const elsewhere = messages - accepted - unknown;
  return {
    fault,
    what: `${what}; ${messages.toLocaleString("en")} mails`,
    // Whoever is not accounted for, and whoever the ledger says was reached and was not.
    lost: Math.max(0, elsewhere) + Math.max(0, accepted - check.people),
    doubled: check.doubled,
    unknown,
    unknownAtMost,
    recoverySeconds: longest,
    recoveryAtMost: 2 * leaseSeconds,
    note: [note, check.wrong > 0 ? `**${check.wrong} wrong mails**, first: ${check.examples[0]}` : undefined]
      .filter(Boolean)
      .join("; "),
  };
};

/** Every process is killed so many times, in random order, while mails go out. */
export const processes = ({ messages, killsEach, quick }: ChaosFlags): Promise<Outcome> => {
  let kills = 0;
  return play({
    fault: "kill -9 of every process during a campaign",
    what: `each ${killsEach} times at random`,
    messages,
    // Slow enough for the mails to last as long as the kills.
    perSecond: Math.max(20, Math.ceil(messages / (quick ? 40 : 240))),
    unknownAtMost: inHand * killsEach,
    act: async ({ platform, ended }) => {
      const names = platform.processes.flatMap(({ name }) => Array.from({ length: killsEach }, () => name));
      for (const name of names.sort(() => Math.random() - 0.5)) {
        await platform.replace(name, "SIGKILL");
        kills++;
        if (await ended(300 + Math.random() * 2_000)) break;
      }
    },
  }).then((outcome) => ({ ...outcome, note: [`${kills} kills`, outcome.note].filter(Boolean).join("; ") }));
};

/** Every process is stopped and replaced, one after the other, as a redeploy does. */
export const rolling = ({ messages, rounds, quick }: ChaosFlags): Promise<Outcome> =>
  play({
    fault: "SIGTERM rolling restart during a campaign",
    what: `${rounds} times through all processes`,
    messages,
    perSecond: Math.max(20, Math.ceil(messages / (quick ? 40 : 120))),
    unknownAtMost: 0,
    act: async ({ platform, ended }) => {
      for (let round = 0; round < rounds; round++)
        for (const { name } of platform.processes) {
          await platform.replace(name, "SIGTERM");
          await platform.ready();
          if (await ended(0)) return;
        }
    },
  });

/** Redis is emptied, then killed and started again, while mails go out. */
export const mailsRedis = ({ messages, rounds, quick }: ChaosFlags): Promise<Outcome> =>
  play({
    fault: "Redis emptied and killed during a campaign",
    what: `${rounds} times each`,
    messages,
    perSecond: Math.max(20, Math.ceil(messages / (quick ? 40 : 120))),
    unknownAtMost: 0,
    act: async ({ servers, ended }) => {
      for (let round = 0; round < rounds; round++) {
        const client = connectRedis(servers.redis.url, "chaos");
        await client.flushall();
        client.disconnect();
        if (await ended(1_000 + Math.random() * 2_000)) return;
        await servers.redis.kill9();
        await delay(1_000);
        await servers.redis.restart();
        if (await ended(1_000 + Math.random() * 2_000)) return;
      }
    },
  });

/** Postgres crashes and recovers while mails go out: what was in hand then is unknown at most. */
export const mailsPostgres = ({ messages, rounds, quick }: ChaosFlags): Promise<Outcome> =>
  play({
    fault: "Postgres -m immediate during a campaign",
    what: `${rounds} times`,
    messages,
    perSecond: Math.max(20, Math.ceil(messages / (quick ? 40 : 120))),
    unknownAtMost: inHand * rounds,
    act: async ({ servers, ended }) => {
      for (let round = 0; round < rounds; round++) {
        if (await ended(2_000 + Math.random() * 2_000)) return;
        await servers.postgres.restart("immediate");
      }
    },
  });

/** Passes everything on, and cuts some connections just after the mail was accepted, before the sender hears of it. */
const droppingFront = async (sinkPort: number, share: number) => {
  let dropped = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const onward = openSocket(sinkPort, "127.0.0.1");
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        onward.destroy();
      });
    }
    client.pipe(onward);
    onward.on("data", (data: Buffer) => {
      if (data.includes("message queued") && Math.random() < share) {
        dropped++;
        client.destroy();
      } else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    dropped: () => dropped,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

/** A mail server accepts mails and drops the connection before it says so: each is listed, none is sent again. */
export const dropped = ({ messages }: ChaosFlags): Promise<Outcome> => {
  const fewer = Math.min(messages, 20_000);
  let cut = () => 0;
  return play({
    fault: "mail server accepts and drops the connection",
    what: "1 mail in 200",
    messages: fewer,
    unknownAtMost: fewer,
    front: async (sinkPort) => {
      const front = await droppingFront(sinkPort, 1 / 200);
      cut = front.dropped;
      return { port: front.port, close: front.close, note: () => `${front.dropped()} connections cut` };
    },
    act: async () => undefined,
  }).then((outcome) => ({ ...outcome, unknownAtMost: cut() }));
};
