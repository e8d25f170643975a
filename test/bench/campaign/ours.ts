// The platform as a contender: its groups as processes, everything through its API. The clock runs from the launch call
// to the moment the campaign says it was completed.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type Platform, type PlatformOptions, startPlatform } from "../platform.ts";
import type { Contender } from "./contender.ts";
import { from, html, postalAddress, recipient, subject, text } from "./content.ts";

const pollMs = 250;

/** Polls `ask` until `done` says so. Rejects after `seconds`, showing the last answer. */
const until = async <T>(
  what: string,
  seconds: number,
  ask: () => Promise<T>,
  done: (answer: T) => boolean,
): Promise<T> => {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`${what} did not happen in ${seconds} s: ${JSON.stringify(answer)}`);
    await delay(pollMs);
  }
};

/** A live provider needs a sender that is not the placeholder. */
const setSender = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `UPDATE messaging.sender_accounts SET from_name = $1, from_address = $2, postal_address = $3, is_placeholder = false
     WHERE channel = 'email' AND is_default`,
    [from.name, from.address, postalAddress],
  );
  await client.end();
};

const importContacts = async (platform: Platform, recipients: number): Promise<void> => {
  const rows = Array.from({ length: recipients }, (_, i) => {
    const { email, firstName, city } = recipient(i);
    return `${email},${firstName},${city}`;
  });
  const form = new FormData();
  form.set("mapping", JSON.stringify({ Email: "email", "First Name": "firstName", City: "attrs.city" }));
  form.set(
    "options",
    JSON.stringify({ dedupe: "update", consent: { channels: ["email"], basis: "opt-in form", source: "bench" } }),
  );
  form.set("file", new Blob([`Email,First Name,City\n${rows.join("\n")}\n`], { type: "text/csv" }), "contacts.csv");
  const { id } = await platform.api<{ id: string }>("POST", "/imports", form);
  const ended = await until(
    "the import",
    600,
    () => platform.api<{ status: string; inserted: number }>("GET", `/imports/${id}`),
    ({ status }) => status === "completed" || status === "failed",
  );
  if (ended.inserted !== recipients)
    throw new Error(`The import did not insert ${recipients} people: ${JSON.stringify(ended)}`);
};

/** All groups of the platform in processes of their own, sending to the sink as to a live SMTP server. */
export const createOurs = (options: PlatformOptions): Contender => {
  let platform: Platform | undefined;
  return {
    name: "ours",
    linkPrefix: `${options.publicUrl}/t/c/`,
    prepare: async (recipients) => {
      platform = await startPlatform(options);
      await setSender(options.databaseUrl);
      await importContacts(platform, recipients);
    },
    run: async () => {
      if (!platform) throw new Error("prepare was not called");
      const { api } = platform;
      const draft = { name: "Bench", channel: "email", audience: { all: true }, content: { subject, html, text } };
      const { id } = await api<{ id: string }>("POST", "/campaigns", draft);
      const launched = Date.now();
      await api("POST", `/campaigns/${id}/launch`, {});
      const { completedAt } = await until(
        "the campaign's completion",
        1800,
        () => api<{ status: string; completedAt: string | null }>("GET", `/campaigns/${id}`),
        ({ status }) => ["completed", "held", "cancelled"].includes(status),
      );
      const { states } = await api<{ states: Record<string, number> }>("GET", `/campaigns/${id}/stats`);
      if (!completedAt) throw new Error(`The campaign did not complete: ${JSON.stringify(states)}`);
      const total = Object.values(states).reduce((sum, count) => sum + count, 0);
      return { seconds: (Date.parse(completedAt) - launched) / 1000, failed: total - (states.accepted ?? 0) };
    },
    stop: async () => platform?.stop(),
  };
};
