// A real SMTP server for the conformance suite: with sign-in, and with the ways in which servers fail.
import type { AddressInfo, Socket } from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { type Behaviour, createScript, type MailPeer, SECRET, type TakenMail } from "./mail-peer.ts";

const reply = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });

const refusals: Partial<Record<Behaviour, Error>> = {
  reject: reply(550, "5.1.1 no such user here"),
  throttle: reply(454, "4.7.1 too many mails, slow down"),
  fail: reply(451, "4.3.0 try again later"),
};

/** Starts one on loopback. */
export const startSmtpPeer = async (): Promise<MailPeer> => {
  const script = createScript();
  const taken: TakenMail[] = [];
  const sockets = new Map<number, Socket>();
  const behaviours = new Map<string, Behaviour>();
  let believed = true;

  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 50,
    onAuth: ({ password }, _session, done) =>
      believed && password === SECRET ? done(null, { user: "peer" }) : done(reply(535, "5.7.8 bad credentials")),
    onRcptTo: (_address, session, done) => {
      const behaviour = script.next();
      behaviours.set(session.id, behaviour);
      if (behaviour === "drop") sockets.get(session.remotePort)?.destroy();
      else done(refusals[behaviour]);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("error", () => undefined);
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        const mail = await simpleParser(Buffer.concat(chunks));
        const header = (name: string) => mail.headerLines.find(({ key }) => key === name)?.line;
        taken.push({
          to: session.envelope.rcptTo.map(({ address }) => address).join(),
          subject: mail.subject ?? "",
          html: mail.html || "",
          listUnsubscribe: header("list-unsubscribe")?.replace(/^List-Unsubscribe: /, ""),
          key: /^<([^@]+)@/.exec(mail.messageId ?? "")?.[1],
        });
        const behaviour = behaviours.get(session.id);
        if (behaviour === "take-then-drop") sockets.get(session.remotePort)?.destroy();
        else if (behaviour !== "take-then-silence") done(null, `2.0.0 OK: queued as P${taken.length}000`);
      });
    },
  });
  server.on("error", () => undefined);
  server.server.on("connection", (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.once("close", () => sockets.delete(port));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;

  return {
    url: `smtp://peer:${SECRET}@127.0.0.1:${port}`,
    taken,
    get asked() {
      return script.asked;
    },
    behave: script.behave,
    believe(credentials) {
      believed = credentials;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
};
