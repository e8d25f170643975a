// The sandbox's SMTP server: takes any mail on loopback, without TLS or sign-in, and puts it into the mailbox.
// The 250 after a mail's data is sent only when the mail is on disk. Faults are played as the rules say.
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { Faults, Refusal } from "./faults.ts";
import type { MailStore } from "./mail-store.ts";
import { subjectOf } from "./read-mail.ts";

const largestMail = 30 * 1024 * 1024;

export interface SmtpServerOptions {
  readonly store: MailStore;
  readonly faults: Faults;
  /** Port to listen on when it is free, so that senders find a restarted sandbox where it was; else any. */
  readonly preferredPort?: number | undefined;
  /** Told about mails that could not be stored. */
  readonly onError: (error: Error) => void;
}

export interface RunningSmtpServer {
  readonly host: string;
  readonly port: number;
  /** Takes no more connections, lets mails under way finish for at most a second, and resolves when all are closed. */
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const reply = ({ code, message }: Refusal): Error => Object.assign(new Error(message), { responseCode: code });
const socketKey = (address: string | undefined, port: number | undefined) => `${address}:${port}`;

/** Resolves with the whole mail, or with undefined when it is larger than the server takes. Rejects when the client leaves. */
const readData = (stream: SMTPServerDataStream): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => {
      if (stream.sizeExceeded) chunks = [];
      else chunks.push(chunk);
    });
    stream.on("end", () => resolve(stream.sizeExceeded ? undefined : Buffer.concat(chunks)));
    stream.on("error", reject);
  });

/** Starts the server on a loopback port. Rejects when no port can be had. */
export const startSmtpServer = async ({
  store,
  faults,
  preferredPort,
  onError,
}: SmtpServerOptions): Promise<RunningSmtpServer> => {
  const sockets = new Map<string, Socket>();
  const timers = new Set<NodeJS.Timeout>();

  const later = (ms: number, action: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      action();
    }, ms);
    timers.add(timer);
  };

  const take = async (
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    answer: (error?: Error | null, text?: string) => void,
  ) => {
    const raw = await readData(stream);
    if (!raw) return answer(reply({ code: 552, message: `Mails of more than ${largestMail} bytes are not taken` }));
    const to = session.envelope.rcptTo.map((recipient) => recipient.address);
    const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : "";
    const id = await store.append({ from, to, subject: subjectOf(raw), raw });
    const delay = faults.atAnswer(to);
    const accept = () => answer(null, `OK: queued as ${id}`);
    if (!delay) return accept();
    if (delay.kind === "slow") return later(delay.ms, accept);
    const socket = sockets.get(socketKey(session.remoteAddress, session.remotePort));
    later(delay.ms, () => socket?.destroy());
  };

  const server = new SMTPServer({
    name: "sandbox.localhost",
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    size: largestMail,
    rejectOversized: true,
    maxRecipients: 1000,
    closeTimeout: 1000,
    onRcptTo: (address, _session, answer) => {
      const refusal = faults.atRecipient(address.address);
      answer(refusal && reply(refusal));
    },
    onData: (stream, session, answer) => {
      take(stream, session, answer).catch((error: Error & { code?: string }) => {
        // The client left in the middle of the mail: nobody waits for an answer.
        if (error.code === "ECONNECTION") return;
        onError(error);
        answer(reply({ code: 451, message: "The mail could not be stored, try again later" }));
      });
    },
  });

  server.server.on("connection", (socket) => {
    const key = socketKey(socket.remoteAddress, socket.remotePort);
    sockets.set(key, socket);
    socket.once("close", () => sockets.delete(key));
  });

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.server.once("error", reject);
      server.listen(port, host, () => {
        server.server.off("error", reject);
        resolve();
      });
    });
  // Before anybody listens for "error", an EventEmitter without a listener would end the process.
  server.on("error", (error: Error & { code?: string }) => {
    if (error.code !== "EADDRINUSE" && error.code !== "ECONNRESET" && error.code !== "EPIPE") onError(error);
  });
  await (preferredPort ? listen(preferredPort).catch(() => listen(0)) : listen(0));

  return {
    host,
    port: (server.server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
      }),
  };
};
