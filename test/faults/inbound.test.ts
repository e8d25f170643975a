// What comes back about messages, through the whole house in its own processes: by callback and by mail, with the email
// group killed in between. A dead address is out of the next campaign; a forged report changes nothing.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import { returnPath } from "../../shared/lib/return-path.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { type ImapServer, startImap } from "../helpers/imap-server.ts";
import { until } from "../helpers/processes.ts";
import { type Callback, callbackSenders, hookSettings, type SignOptions } from "../helpers/provider-callbacks.ts";
import { statusReport } from "../helpers/report-mails.ts";

const secretKey = "a key of this test with 32 characters";
const bounces = "bounces@example.org";

let house: House;
let imap: ImapServer | undefined;
let db: Db;
let messages: ReadonlyMap<string, string>;

beforeAll(async () => {
  imap = await startImap();
  house = await openHouse({
    env: {
      LC_SECRET_KEYS: secretKey,
      LC_RESEND_WEBHOOK_SECRET: hookSettings.resendSecrets.join(","),
      LC_BOUNCE_ADDRESS: bounces,
      ...(imap ? { LC_INBOUND_IMAP_URL: imap.url } : {}),
    },
  });
  db = connectPostgres(house.postgres.url, 2);
  await house.startAll();
  await house.importPeople(5);
  const id = await house.launch();
  await house.ended(id);
  const { body } = await house.api("GET", `/campaigns/${id}/messages?limit=100`);
  messages = new Map(body.data.map((message: { address: string; id: string }) => [message.address, message.id]));
}, 300_000);
afterAll(async () => {
  await db.destroy();
  await house.close();
  await imap?.stop();
});

const hardBounce = (address: string, options?: SignOptions): Callback =>
  callbackSenders.resend.make(
    { kind: "hard", address, messageId: messages.get(address) ?? "", providerMessageId: "re_1", at: new Date() },
    options,
  );
const post = async ({ headers, body }: Callback) =>
  (await fetch(`${house.env.PUBLIC_URL}/hooks/email/resend`, { method: "POST", headers, body })).status;
const isSuppressed = async (address: string) => {
  const { body } = await house.api("GET", `/suppressions?q=${encodeURIComponent(address)}`);
  return body.data.some((entry: { reason: string }) => entry.reason === "hard_bounce");
};

test("a callback that was stored is applied though every email process dies before it can", async () => {
  const address = "person0@example.com";
  for (const name of ["email", "email-2"]) await house.running.get(name)?.kill9();
  const callback = hardBounce(address);
  expect([await post(callback), await post(callback)]).toEqual([202, 202]);
  expect(await post(hardBounce("person1@example.com", { forged: true }))).toBe(401);
  expect(await isSuppressed(address)).toBe(false);
  await house.start("email", ["services/email"]);
  await until("the address to be suppressed", () => isSuppressed(address), { everyMs: 200 });
  // The gateway has to learn first that the processes it knew are gone.
  const { body } = await until(
    "the inbox to be shown",
    async () => {
      const answer = await house.api("GET", "/webhooks?state=processed");
      return answer.status === 200 && answer;
    },
    { everyMs: 200 },
  );
  expect(body.data).toMatchObject([{ provider: "resend", state: "processed", error: null }]);
  expect(JSON.stringify(body)).not.toContain(address);
  const again = await house.api("POST", `/webhooks/${body.data[0].id}/replay`);
  expect([again.status, again.body.state]).toEqual([202, "received"]);
});

test("a report mail is fetched and applied by the running house; the next campaign leaves both addresses out", async ({
  skip,
}) => {
  if (!imap) skip("there is no Dovecot here, and none can be installed");
  const report = (address: string, keys: readonly string[]) =>
    statusReport({ recipient: address, returnPath: returnPath(keys, bounces, messages.get(address) ?? "") });
  await imap?.deliver(
    report("person2@example.com", [secretKey]),
    report("person3@example.com", ["another key, of somebody who forges"]),
  );
  // The clock does so every minute.
  await db.transaction((trx) => enqueue(trx, "email.inbound.fetch", {}, { uniqueKey: "schedule" }));
  const seen = () => isSuppressed("person2@example.com");
  await until("the address to be suppressed", seen, { timeoutMs: 90_000, everyMs: 200 });
  await until("both reports to be looked at", async () => {
    const { body } = await house.api("GET", "/webhooks?provider=imap");
    return body.data.length === 2 && body.data.every((row: { state: string }) => row.state !== "received");
  });
  const next = await house.launch();
  const stats = await house.ended(next);
  expect(stats.reasons).toEqual({ bounced_before: 2 });
  expect(stats.states).toMatchObject({ accepted: 3, skipped: 2 });
});

test("nothing that the house logged names a recipient", () => {
  for (const [name, child] of house.running) expect(child.logs(), name).not.toMatch(/person\d@example\.com/);
});
