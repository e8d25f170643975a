// The peer and the bare SMTP loop as contenders. Each run is a fresh process, so that none inherits a warm heap.
import pg from "pg";
import type { BareTask } from "./bare-loop.ts";
import { type Contender, runProgram } from "./contender.ts";
import { recipient } from "./content.ts";
import type { PeerTask } from "./peer.ts";

const peerTables = `
  DROP TABLE IF EXISTS peer_mails, peer_contacts;
  CREATE TABLE peer_contacts (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, first_name text NOT NULL, city text NOT NULL);
  CREATE TABLE peer_mails (
    id bigserial PRIMARY KEY, email text NOT NULL, first_name text NOT NULL, city text NOT NULL,
    status text NOT NULL DEFAULT 'pending', message_id text, sent_at timestamptz
  );
  CREATE INDEX ON peer_mails (status);`;

const withClient = async <T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** BullMQ worker, nodemailer pool, one UPDATE per mail. */
export const createPeer = (task: PeerTask): Contender => ({
  name: "peer",
  linkPrefix: `${task.publicUrl}/t/c/`,
  prepare: (recipients) =>
    withClient(task.databaseUrl, async (client) => {
      await client.query(peerTables);
      for (let i = 0; i < recipients; i += 5000) {
        const people = Array.from({ length: Math.min(5000, recipients - i) }, (_, k) => recipient(i + k));
        await client.query(
          "INSERT INTO peer_contacts (email, first_name, city) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
          [people.map((one) => one.email), people.map((one) => one.firstName), people.map((one) => one.city)],
        );
      }
    }),
  run: async () => {
    const result = await runProgram("./peer.ts", task);
    await withClient(task.databaseUrl, async (client) => {
      const { rows } = await client.query<{ pending: string }>(
        "SELECT count(*) AS pending FROM peer_mails WHERE status <> 'sent'",
      );
      if (rows[0]?.pending !== "0") throw new Error(`The peer left ${rows[0]?.pending} mails unsent`);
      await client.query("TRUNCATE peer_mails");
    });
    return result;
  },
  stop: () =>
    withClient(
      task.databaseUrl,
      async (client) => void (await client.query("DROP TABLE IF EXISTS peer_mails, peer_contacts")),
    ),
});

/** nodemailer's SMTP connection with one raw message; `sample` gives that message, base64. */
export const createBareLoop = (task: Omit<BareTask, "raw" | "recipients">, sample: () => string): Contender => {
  let recipients = 0;
  return {
    name: "bare",
    linkPrefix: undefined,
    prepare: async (count) => {
      recipients = count;
    },
    run: () => runProgram("./bare-loop.ts", { ...task, recipients, raw: sample() } satisfies BareTask),
    stop: async () => undefined,
  };
};
