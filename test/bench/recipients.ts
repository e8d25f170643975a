// What a benchmark needs before it can send: people with consent, imported through the API, and a sender that is allowed
// to write to them.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { from, postalAddress, recipient } from "./campaign/content.ts";
import type { Platform } from "./platform.ts";

const pollMs = 250;

/** Polls `ask` until `done` says so. Rejects after `seconds`, showing the last answer. */
export const until = async <T>(
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

/** Names the default sender of email: a live provider needs one that is not the placeholder. */
export const setSender = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `UPDATE messaging.sender_accounts SET from_name = $1, from_address = $2, postal_address = $3, is_placeholder = false
     WHERE channel = 'email' AND is_default`,
    [from.name, from.address, postalAddress],
  );
  await client.end();
};

/** Imports the first `recipients` people of the benchmarks' content as a CSV file. Rejects when one is missing. */
export const importContacts = async (platform: Platform, recipients: number): Promise<void> => {
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
