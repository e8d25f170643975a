// SMTP over nodemailer's own connections, kept open and reused: one raw mail per connection at a time.
// A connection that fails is thrown away; the next mail opens a new one. Where the server is, is asked anew each time.
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { SEND_MARGIN_MS } from "../../../shared/messaging/transport.ts";
import type { EmailProvider, OutgoingMail, ProviderOutcome, Trace } from "./provider.ts";
import { smtpOutcome } from "./smtp-answer.ts";

export interface SmtpOptions {
  readonly name: string;
  readonly connections: number;
  /** Where the server is: `smtp://user:secret@host:port` or smtps. Asked for each new connection. */
  readonly url: () => Promise<string>;
  /** Milliseconds to wait for an answer; below the lease, so that the answer still finds its message. */
  readonly answerMs: number;
  /** Mails per connection before it is closed, as some servers demand; default 1,000. */
  readonly mailsPerConnection?: number;
  /** Milliseconds for a connection, and for the server's greeting; default 10,000. */
  readonly connectMs?: number;
  readonly trace?: Trace;
}

const silent = () => undefined;
/** nodemailer's log as a conversation: what both sides said, everything that signs us in left out. */
const conversation = (trace: Trace) => {
  let signingIn = false;
  return {
    ...{ trace: silent, info: silent, warn: silent, error: silent, fatal: silent },
    debug: ({ tnx }: { tnx?: string }, text: string) => {
      if (tnx === "server") {
        if (!text.startsWith("3")) signingIn = false;
        trace("server", text);
      } else if (tnx === "client") {
        const method = /^AUTH +\S+/i.exec(text)?.[0];
        signingIn ||= method !== undefined;
        trace("us", signingIn ? `${method ?? ""} (hidden)`.trim() : text);
      }
    },
  };
};

/** How nodemailer names a connection that ended under a command. */
const brokenOff = new Set(["ECONNECTION", "ESOCKET", "ECONNRESET", "EPIPE"]);
/** A connection that breaks later than this leaves too little of the lease for another try. */
const SOON_MS = 1_000;

interface Open {
  readonly connection: SMTPConnection;
  mails: number;
  /** Ends the hand-over under way when the connection breaks. */
  broken: ((error: unknown) => void) | undefined;
}

const open = async (options: SmtpOptions): Promise<Open> => {
  const url = new URL(await options.url());
  const secure = url.protocol === "smtps:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (secure ? 465 : 587));
  const { connectMs = 10_000, trace } = options;
  trace?.("us", `(connecting to ${host}, port ${port}${secure ? ", over TLS" : ""})`);
  const connection = new SMTPConnection({
    host,
    port,
    secure,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: options.answerMs,
    ...(trace ? { logger: conversation(trace) as never, transactionLog: true } : {}),
  });
  const opened: Open = { connection, mails: 0, broken: undefined };
  try {
    await new Promise<void>((resolve, reject) => {
      opened.broken = reject;
      connection.on("error", (error) => opened.broken?.(error));
      connection.connect((error?: unknown) => (error ? reject(error) : resolve()));
    });
    if (url.username)
      await new Promise<void>((resolve, reject) => {
        opened.broken = reject;
        connection.login(
          { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } as never,
          (error: unknown) => (error ? reject(error) : resolve()),
        );
      });
    return opened;
  } catch (error) {
    // After a refused sign-in the connection would stay open.
    connection.close();
    throw error;
  } finally {
    opened.broken = undefined;
  }
};

/** The part of a stream that nodemailer pipes into the socket that we need to step aside from. */
interface BodyStream extends NodeJS.ReadWriteStream {
  unpipe(destination?: NodeJS.WritableStream): this;
}

/** The mail as it goes over the wire after 354: dots at line starts doubled, ended by a dot alone (RFC 5321, 4.5.2). */
const bodyBytes = (raw: Buffer): Buffer => {
  const text = raw.toString("latin1");
  const stuffed = (text.startsWith(".") ? `.${text}` : text).replaceAll("\r\n.", "\r\n..");
  return Buffer.from(`${stuffed}${stuffed.endsWith("\r\n") ? "" : "\r\n"}.\r\n`, "latin1");
};

/**
 * Writes the body in one piece. nodemailer's own way scans it byte by byte and makes two writes of it, which costs more
 * than everything else in sending a mail; its socket is not public, so without one the usual way is taken.
 */
const writeBody = (connection: SMTPConnection, stream: BodyStream, raw: Buffer): void => {
  const socket = (connection as unknown as { _socket?: NodeJS.WritableStream })._socket;
  if (!socket) {
    stream.end(raw);
    return;
  }
  stream.unpipe(socket);
  stream.resume();
  stream.end();
  socket.write(bodyBytes(raw));
};

/** What the server offers, once it was greeted; nodemailer keeps it to itself and sends such an address all the same. */
const takesEveryLetter = (connection: SMTPConnection): boolean =>
  (connection as unknown as { _supportedExtensions?: readonly string[] })._supportedExtensions?.includes("SMTPUTF8") ??
  true;

interface HandedOver {
  readonly outcome: ProviderOutcome;
  /** The connection broke before the server answered anything about this mail: another one may take it. */
  readonly broke: boolean;
}

const handOver = (
  opened: Open,
  { envelope, deadline }: OutgoingMail,
  raw: Buffer,
  trace: Trace | undefined,
): Promise<HandedOver> =>
  new Promise((done) => {
    let bodyStarted = false;
    const resolve = (outcome: ProviderOutcome, broke = false) => done({ outcome, broke });
    const failed = (error: unknown) => {
      const { code, responseCode, command } = error as { code?: string; responseCode?: number; command?: string };
      // 421 to the first command ends this connection (idle too long, mails enough), as a silent close does.
      const ended = responseCode === 421 && (command === "MAIL FROM" || command === "CONN");
      const closed = responseCode === undefined && code !== undefined && brokenOff.has(code);
      const broke = !bodyStarted && (closed || ended);
      resolve(smtpOutcome(error, bodyStarted), broke);
    };
    if (/[^\0-\x7f]/.test(envelope.to) && !takesEveryLetter(opened.connection)) {
      resolve({
        kind: "rejected",
        detail: "The mail server takes only addresses in ASCII letters (it does not offer SMTPUTF8)",
        suppress: false,
      });
      return;
    }
    // nodemailer pipes the message once the server has said 354: from then on silence means `unknown`.
    const message = {
      pipe(stream: BodyStream) {
        // A server that took its time over each answer, or a process that was frozen meanwhile.
        if (deadline - performance.now() < SEND_MARGIN_MS)
          return resolve({
            kind: "not_sent",
            detail: "The lease was nearly over when the server was ready for the mail",
          });
        bodyStarted = true;
        trace?.("us", `(the mail, ${raw.length} bytes)`);
        writeBody(opened.connection, stream, raw);
      },
    };
    opened.broken = failed;
    opened.connection.send(
      { from: envelope.from, to: [envelope.to], size: raw.length },
      message as never,
      (error: unknown, info?: { response?: string }) => {
        opened.broken = undefined;
        if (error) failed(error);
        else
          resolve({ kind: "accepted", providerMessageId: queueIdOf(info?.response), detail: info?.response ?? null });
      },
    );
  });

/** Many servers name their queue id in the answer: `250 2.0.0 Ok: queued as 4F2…`, Amazon SES `250 Ok 0102…`. */
const queueIdOf = (response: string | undefined): string | null =>
  (/queued as ([\w-]{4,100})/i.exec(response ?? "") ?? /^250 Ok ([\w-]{20,100})$/i.exec(response?.trim() ?? ""))?.[1] ??
  null;

const reset = (opened: Open): Promise<boolean> =>
  new Promise((resolve) => {
    opened.broken = () => resolve(false);
    opened.connection.reset((error: unknown) => resolve(!error));
  });

/** An SMTP provider. Connections are opened when mails come and closed after a minute without any. */
export const createSmtpProvider = (options: SmtpOptions): EmailProvider => {
  const idle: Open[] = [];
  const all = new Set<Open>();
  const perConnection = options.mailsPerConnection ?? 1_000;
  const discard = (opened: Open) => {
    all.delete(opened);
    opened.broken = undefined;
    opened.connection.close();
  };
  const retire = (opened: Open) => {
    all.delete(opened);
    opened.broken = undefined;
    opened.connection.quit();
  };
  const take = async (fresh: boolean): Promise<Open> => {
    if (!fresh) for (let known = idle.pop(); known; known = idle.pop()) if (!known.connection.destroyed) return known;
    const opened = await open(options);
    all.add(opened);
    opened.connection.on("end", () => {
      all.delete(opened);
      const at = idle.indexOf(opened);
      if (at !== -1) idle.splice(at, 1);
    });
    return opened;
  };
  const giveBack = async (opened: Open, outcome: ProviderOutcome) => {
    opened.mails++;
    // After 354 nothing but a mail can follow, or the end.
    const inData = outcome.kind === "not_sent";
    if (opened.connection.destroyed || outcome.kind === "unknown" || inData) return discard(opened);
    if (opened.mails >= perConnection) return retire(opened);
    // After a refusal the server may still hold half a transaction.
    if (outcome.kind !== "accepted" && !(await reset(opened))) return discard(opened);
    opened.broken = undefined;
    idle.push(opened);
  };
  const attempt = async (mail: OutgoingMail, raw: Buffer, fresh: boolean): Promise<ProviderOutcome> => {
    let opened: Open;
    try {
      opened = await take(fresh);
    } catch (error) {
      const outcome = smtpOutcome(error, false);
      // A server that cannot be reached is a reason to wait, not a fault of this mail.
      return outcome.kind === "transient" || outcome.kind === "rejected"
        ? { kind: "throttled", detail: outcome.detail, retryAfterMs: 1_000, fault: true }
        : outcome;
    }
    const used = opened.mails > 0;
    const begun = performance.now();
    // Opening a connection may have taken as long as the lease lasts.
    if (mail.deadline - begun < SEND_MARGIN_MS) {
      idle.push(opened);
      return { kind: "not_sent", detail: "The lease was nearly over when the server was reached" };
    }
    const { outcome, broke } = await handOver(opened, mail, raw, options.trace);
    await giveBack(opened, outcome);
    // Servers close a connection after some mails or seconds, and we may notice only now: that is not this mail's fault.
    const now = performance.now();
    if (broke && used && now - begun < SOON_MS && mail.deadline - now >= SEND_MARGIN_MS)
      return attempt(mail, raw, true);
    return outcome;
  };
  return {
    name: options.name,
    concurrency: options.connections,
    prepare: (mail) => void mail.raw(),
    async send(mail) {
      return attempt(mail, mail.raw(), false);
    },
    async close() {
      for (const opened of all) retire(opened);
      idle.length = 0;
    },
  };
};
