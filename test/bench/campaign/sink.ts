// Process of its own: a local SMTP server that takes every mail and keeps it in a file while the clock runs, and parses
// and checks all of them when asked, after the clock has stopped: on two cores a parser beside the senders would measure
// the parser. Commands come over IPC, see sink-process.ts.
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";
import { createMailCheck } from "./check-mail.ts";
import type { SinkAnswer, SinkCommand } from "./sink-process.ts";

const folder = mkdtempSync(join(tmpdir(), "lc-bench-sink-"));
const file = openSync(join(folder, "mails"), "w+");
let end = 0;
let recipients: string[] = [];
let lengths: number[] = [];
/** When each mail was complete here, in milliseconds of one clock, and through which port it came. */
let arrivals: number[] = [];
let listeners: number[] = [];
let waiting: Buffer[] = [];
let waitingBytes = 0;

const flush = () => {
  for (const block of [Buffer.concat(waiting)]) {
    let done = 0;
    while (done < block.length) done += writeSync(file, block, done, block.length - done, end + done);
    end += block.length;
  }
  waiting = [];
  waitingBytes = 0;
};

const keep = (to: string, raw: Buffer, listener: number) => {
  arrivals.push(performance.now());
  listeners.push(listener);
  recipients.push(to);
  lengths.push(raw.length);
  waiting.push(raw);
  waitingBytes += raw.length;
  if (waitingBytes > 1 << 20) flush();
};

const listen = (listener: number): Promise<number> => {
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    size: 30 * 1024 * 1024,
    onData: (stream, session, answer) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        keep(session.envelope.rcptTo[0]?.address ?? "", Buffer.concat(chunks), listener);
        answer();
      });
    },
  });
  server.on("error", () => undefined);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.server.address() as AddressInfo).port));
  });
};

const mailAt = (offset: number, length: number): Buffer => {
  const raw = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(file, raw, done, length - done, offset + done);
    if (read === 0) throw new Error("The sink's file is shorter than it was");
    done += read;
  }
  return raw;
};

const answerTo = async (command: SinkCommand): Promise<SinkAnswer> => {
  if (command.type === "count") return { count: recipients.length };
  if (command.type === "reset") {
    flush();
    end = 0;
    recipients = [];
    lengths = [];
    arrivals = [];
    listeners = [];
    return {};
  }
  if (command.type === "arrivals")
    return { arrivals: { at: arrivals, listener: listeners, people: new Set(recipients).size } };
  flush();
  if (command.type === "sample") return { sample: mailAt(0, lengths[0] ?? 0).toString("base64") };
  const check = createMailCheck(command.recipients, command.linkPrefix);
  let offset = 0;
  for (const [i, length] of lengths.entries()) {
    await check.add(recipients[i] ?? "", mailAt(offset, length));
    offset += length;
  }
  return { check: check.result(), averageBytes: Math.round(end / Math.max(1, lengths.length)) };
};

const send = (message: unknown) => process.send?.(message);
process.on("message", (command: SinkCommand) => {
  answerTo(command).then(send, (error: Error) => send({ error: error.message }));
});
process.on("disconnect", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
send({ ports: await Promise.all(Array.from({ length: Number(process.argv[2] ?? "1") }, (_, i) => listen(i))) });
