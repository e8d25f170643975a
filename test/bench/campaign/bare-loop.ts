// Process of its own: nothing but SMTP. nodemailer's connection class sends the same raw message to every recipient, as
// fast as the connections take it: the most that any sender on this machine could reach.
// Argument: a JSON object, see BareTask. Answers over IPC how long it took.
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { recipient } from "./content.ts";

export interface BareTask {
  readonly smtpPort: number;
  readonly connections: number;
  readonly recipients: number;
  /** The message, base64. */
  readonly raw: string;
}

const task = JSON.parse(process.argv[2] ?? "{}") as BareTask;
const raw = Buffer.from(task.raw, "base64");

const connect = () =>
  new Promise<SMTPConnection>((resolve, reject) => {
    const connection = new SMTPConnection({ host: "127.0.0.1", port: task.smtpPort, ignoreTLS: true });
    connection.once("error", reject);
    connection.connect(() => resolve(connection));
  });

const send = (connection: SMTPConnection, to: string) =>
  new Promise<void>((resolve, reject) => {
    connection.send({ from: "hallo@example.org", to: [to] }, raw, (error) => (error ? reject(error) : resolve()));
  });

const connections = await Promise.all(Array.from({ length: task.connections }, connect));
let next = 0;
const started = performance.now();
await Promise.all(
  connections.map(async (connection) => {
    while (next < task.recipients) await send(connection, recipient(next++).email);
    connection.quit();
  }),
);
process.send?.({ seconds: (performance.now() - started) / 1000, failed: 0 });
process.disconnect();
