// Process of its own: the campaign as a team would build it with the usual parts. A row per mail in Postgres, a BullMQ
// job per mail, a worker with concurrency 50, nodemailer's pool, and one UPDATE when a mail is out.
// Argument: a JSON object, see PeerTask. Answers over IPC how long it took.
import { createHmac } from "node:crypto";
import { Queue, Worker } from "bullmq";
import { createTransport } from "nodemailer";
import pg from "pg";
import { destinations, from, html, postalAddress, subject, text } from "./content.ts";

export interface PeerTask {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly smtpPort: number;
  readonly connections: number;
  readonly publicUrl: string;
}

interface MailJob {
  readonly id: string;
  readonly email: string;
  readonly firstName: string;
  readonly city: string;
}

const task = JSON.parse(process.argv[2] ?? "{}") as PeerTask;
const queueName = "peer-mails";
const redis = new URL(task.redisUrl);
const connection = {
  host: redis.hostname,
  port: Number(redis.port),
  db: Number(redis.pathname.slice(1)) || 0,
  maxRetriesPerRequest: null,
};
const pool = new pg.Pool({ connectionString: task.databaseUrl, max: 10 });
const transport = createTransport({
  host: "127.0.0.1",
  port: task.smtpPort,
  ignoreTLS: true,
  pool: true,
  maxConnections: task.connections,
  maxMessages: Number.POSITIVE_INFINITY,
});

const escapeHtml = (value: string) =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const sign = (value: string) => createHmac("sha256", "peer").update(value).digest("base64url").slice(0, 22);
const fill = (template: string, fields: Record<string, string>) =>
  template.replace(/\{\{([\w.]+)\}\}/g, (_match, name: string) => fields[name] ?? "");
const addressOf = (kind: string, id: string) => `${task.publicUrl}/${kind}/${id}.${sign(`${kind}${id}`)}`;

/** Renders one mail: merge fields, tracked links, open pixel, footer with unsubscribe link. */
const render = (mail: MailJob) => {
  const plain = { firstName: mail.firstName, "attrs.city": mail.city };
  const escaped = { firstName: escapeHtml(mail.firstName), "attrs.city": escapeHtml(mail.city) };
  const unsubscribe = addressOf("u", mail.id);
  let body = fill(html, escaped);
  for (const [i, destination] of destinations.entries()) {
    body = body.replace(destination.replaceAll("&", "&amp;"), addressOf("t/c", `${mail.id}-${i}`));
  }
  const footer = `<p>${escapeHtml(postalAddress)} <a href="${unsubscribe}">Abmelden</a></p><img src="${addressOf("t/o", mail.id)}.gif" width="1" height="1" alt="">`;
  return {
    from,
    to: { name: mail.firstName, address: mail.email },
    subject: fill(subject, plain),
    html: body.replace("</body>", `${footer}</body>`),
    text: `${fill(text, plain)}\n${postalAddress}\n${unsubscribe}\n`,
    headers: { "List-Unsubscribe": `<${unsubscribe}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
  };
};

const worker = new Worker<MailJob>(
  queueName,
  async (job) => {
    const { messageId } = await transport.sendMail(render(job.data));
    await pool.query("UPDATE peer_mails SET status = 'sent', message_id = $2, sent_at = now() WHERE id = $1", [
      job.data.id,
      messageId,
    ]);
  },
  { connection, concurrency: 50, autorun: false },
);
const queue = new Queue<MailJob>(queueName, {
  connection,
  defaultJobOptions: { attempts: 3, backoff: { type: "exponential", delay: 1000 }, removeOnComplete: true },
});

const launch = async (): Promise<number> => {
  const { rows } = await pool.query<MailJob>(
    `WITH made AS (INSERT INTO peer_mails (email, first_name, city) SELECT email, first_name, city FROM peer_contacts RETURNING *)
     SELECT id::text, email, first_name AS "firstName", city FROM made`,
  );
  for (let i = 0; i < rows.length; i += 1000) {
    await queue.addBulk(rows.slice(i, i + 1000).map((data) => ({ name: "mail", data })));
  }
  return rows.length;
};

await transport.verify();
await worker.waitUntilReady();
await queue.obliterate({ force: true });
const started = performance.now();
let completed = 0;
let failed = 0;
const done = Promise.withResolvers<void>();
let expected = Number.POSITIVE_INFINITY;
const settle = () => {
  if (completed + failed >= expected) done.resolve();
};
worker.on("completed", () => {
  completed += 1;
  settle();
});
worker.on("failed", (job) => {
  if (job && job.attemptsMade >= 3) failed += 1;
  settle();
});
void worker.run();
expected = await launch();
settle();
await done.promise;
const seconds = (performance.now() - started) / 1000;
await worker.close();
await queue.close();
transport.close();
await pool.end();
process.send?.({ seconds, failed, cpuSeconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6 });
process.disconnect();
