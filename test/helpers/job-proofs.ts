// One proof per job type: it prepares real data, asks for the job as people or the platform do, and resolves when the
// job's effect is there. A new type is a compile error until it has its line; types that come from the work of another
// one (a campaign's end, say) share its proof.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import type { JobName } from "../../shared/contracts/index.ts";
import { query } from "../../shared/db/knex.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { returnPath } from "../../shared/lib/return-path.ts";
import { gone, type JobStage, there } from "./job-stage.ts";
import { until } from "./processes.ts";
import { callbackSenders } from "./provider-callbacks.ts";
import { statusReport } from "./report-mails.ts";

export type JobProof = (stage: JobStage) => Promise<void>;

const longAgo = "now() - interval '100 days'";
const messageOf = async ({ sent }: JobStage, nth: number) => {
  const message = (await sent()).messages[nth];
  if (!message) throw new Error(`The campaign has no message ${nth}`);
  return message;
};
const suppressed = (stage: JobStage, address: string) =>
  there(stage.db, `${address} in the suppressions`, "select reason from consent.suppressions where address = ?", [
    address,
  ]);

const sample: JobProof = async ({ db, call, emptied }) => {
  // As the start of a new data folder does it.
  await db.transaction((trx) => enqueue(trx, "sample.seed", {}, { uniqueKey: "sample" }));
  const { people } = await until("the sample is there", async () => {
    const found = await call("GET", "/sample");
    return found.state === "present" && found;
  });
  expect(people).toBeGreaterThan(100);
  const campaigns = () => call("GET", "/campaigns");
  await until("the sample's campaigns are there", async () => (await campaigns()).data.length === 2);
  const { data } = await campaigns();
  const done = data.find(({ status }: { status: string }) => status === "completed");
  expect((await call("GET", `/campaigns/${done.id}/stats`)).states.delivered).toBeGreaterThan(50);
  await call("DELETE", "/sample");
  await until("the sample is gone", async () => (await call("GET", "/sample")).state === "none");
  expect([(await campaigns()).data, (await call("GET", "/contacts")).data]).toEqual([[], []]);
  emptied.resolve();
};

const consentOfImport: JobProof = async (stage) => {
  await stage.people();
  const made = await stage.importFile(["email,name", "later@example.com,Later", "broken,Broken"], false);
  expect(made).toMatchObject({ status: "completed", inserted: 1, failed: 1 });
  const claim = { channels: ["email"], basis: "contract", source: "the fair" };
  await stage.call("POST", `/imports/${made.id}/consent`, claim);
  const { granted } = await until("the consent is recorded", async () => {
    const { data } = await stage.call("GET", `/imports/${made.id}/consent`);
    return data[0]?.finishedAt && data[0];
  });
  expect(granted).toBe(1);
  // Refused rows are kept for 90 days.
  await query(stage.db, `update contacts.imports set finished_at = ${longAgo} where id = ?`, [made.id]);
  await stage.runSchedule("imports.prune");
  const refused = async () => (await stage.call("GET", `/imports/${made.id}/errors`)).data;
  await until("the refused row is gone", async () => (await refused()).length === 0);
};

const campaign: JobProof = async (stage) => {
  const { id, messages } = await stage.sent();
  expect(messages).toHaveLength(10);
  expect(await stage.house.mailsWith("Proof")).toBe(10);
  expect((await stage.call("GET", `/campaigns/${id}`)).status).toBe("completed");
};

/** A row made old, and the schedule of the job that is to delete it. */
const prunes =
  (schedule: string, prepare: (stage: JobStage) => Promise<readonly [sql: string, bindings: readonly unknown[]]>) =>
  async (stage: JobStage): Promise<void> => {
    const [sql, bindings] = await prepare(stage);
    await stage.runSchedule(schedule);
    await gone(stage.db, `what ${schedule} deletes`, sql, bindings);
  };

export const jobProofs: Readonly<Record<JobName, JobProof>> = {
  "sample.seed": sample,
  "campaign.seed-sample": sample,
  "campaign.remove-sample": sample,
  "sample.remove": sample,

  "contacts.import": async (stage) => {
    expect(await stage.people()).toHaveLength(10);
  },
  "contacts.import-consent": consentOfImport,
  "imports.prune": consentOfImport,
  "contacts.import-undo": async (stage) => {
    await stage.people();
    const made = await stage.importFile(["email,name", "mistake@example.com,Mistake"], false);
    expect(made.inserted).toBe(1);
    await stage.call("POST", `/imports/${made.id}/undo`);
    await until("it is undone", async () => (await stage.call("GET", `/imports/${made.id}`)).status === "undone");
    expect((await stage.call("GET", "/contacts?q=mistake")).data).toEqual([]);
  },
  "contacts.bulk": async (stage) => {
    const ids = (await stage.people()).slice(0, 4).map(({ id }) => id);
    const { id } = await stage.call("POST", "/contacts/bulk", { ids, act: "tag", tag: "proof", expected: 4 });
    await until("it is done", async () => (await stage.call("GET", `/bulk-acts/${id}`)).status === "completed");
    expect((await stage.call("GET", "/contacts?tag=proof")).data).toHaveLength(4);
  },
  "contacts.erase": async ({ call, house, sent }) => {
    await sent();
    const { id } = await call("POST", "/contacts", { email: "forgotten@example.com", firstName: "Forgotten" });
    await call("POST", `/contacts/${id}/erase`, { confirm: "forgotten@example.com" });
    await until("the person is gone", async () => (await house.api("GET", `/contacts/${id}`)).status === 404);
  },

  "campaign.launch": campaign,
  "campaign.finalize": campaign,
  "campaign.due": async (stage) => {
    const first = await stage.sent();
    const { id } = await stage.call("POST", `/campaigns/${first.id}/clone`);
    const at = new Date(Date.now() + 2_000);
    await stage.call("PATCH", `/campaigns/${id}`, { schedule: { at: at.toISOString() } });
    await stage.call("POST", `/campaigns/${id}/launch`, {});
    // The job that was to start it is lost before its time comes.
    await query(stage.db, "delete from jobs.jobs where type = 'campaign.launch' and entity = ?", [`campaign:${id}`]);
    await until("its time has come", () => Date.now() > at.getTime());
    await stage.runSchedule("campaign.due");
    expect((await stage.house.ended(id)).status).toBe("completed");
  },
  "email.send-batch": async (stage) => {
    await stage.people();
    const content = { subject: "By the way", html: "<p>Hi</p>" };
    const sent = await stage.call("POST", "/messages", { channel: "email", to: "by@example.com", content });
    const accepted = async () => (await stage.call("GET", `/messages/${sent.id}`)).state === "accepted";
    await until("the message is with the provider", accepted);
    expect(await stage.house.mailsWith("By the way")).toBe(1);
  },
  "sender.test": async ({ call }) => {
    const { data } = await call("GET", "/sender-accounts");
    const test = await call("POST", `/sender-accounts/${data[0].id}/test`, { to: "me@example.com" });
    expect(test).toMatchObject({ outcome: "accepted", answer: expect.stringMatching(/^250/) });
  },

  "tracking.click-record": async (stage) => {
    const message = await messageOf(stage, 0);
    const { data } = await stage.call("GET", `/sandbox/mail?to=${encodeURIComponent(message.address)}`);
    const link = /https?:\/\/[^/"]+(\/t\/c\/[^"]+)"/.exec(data[0].html)?.[1] ?? "none";
    const answer = await fetch(`${stage.house.env.PUBLIC_URL}${link}`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "https://example.org/more"]);
    const sql = "select 1 from messaging.delivery_events where message_id = ? and type = 'clicked'";
    await there(stage.db, "the click", sql, [message.id]);
  },
  "webhook.process": async (stage) => {
    const { id, address } = await messageOf(stage, 1);
    const told = { kind: "hard", address, messageId: id, providerMessageId: "re_1", at: new Date() } as const;
    const { headers, body } = callbackSenders.resend.make(told);
    const url = `${stage.house.env.PUBLIC_URL}/hooks/email/resend`;
    expect((await fetch(url, { method: "POST", headers, body })).status).toBe(202);
    expect(await suppressed(stage, address)).toEqual({ reason: "hard_bounce" });
  },
  "email.inbound.fetch": async (stage) => {
    const { id, address } = await messageOf(stage, 2);
    const back = returnPath([stage.secretKey], stage.bounceAddress, id);
    await stage.imap?.deliver(statusReport({ recipient: address, returnPath: back }));
    await stage.runSchedule("email.inbound.fetch");
    // Without a mail server there is no mailbox to look into, and the job finds that out.
    if (stage.imap) expect(await suppressed(stage, address)).toEqual({ reason: "hard_bounce" });
  },
  "webhooks.prune": prunes("webhooks.prune", async ({ db }) => {
    const id = makeId();
    await query(
      db,
      `insert into messaging.webhook_inbox (id, provider, delivery_id, state, received_at) values (?, 'resend', ?, 'processed', ${longAgo})`,
      [id, id],
    );
    return ["select 1 from messaging.webhook_inbox where id = ?", [id]];
  }),
  "messages.partition": async ({ db, runSchedule }) => {
    const [last] = await query<{ name: string }>(
      db,
      "select max(c.relname) as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'messaging.messages'::regclass and c.relname ~ '\\d$'",
    );
    await query(db, `drop table messaging.${last?.name}`);
    await runSchedule("messages.partition");
    await there(db, "the month", "select 1 from pg_class where relname = ?", [last?.name]);
  },

  "outbox.sweep": prunes("outbox.sweep", async (stage) => {
    await stage.people();
    const { id } = await there(
      stage.db,
      "a published event",
      "select id from jobs.outbox where type like 'import.%' and published_at is not null",
    );
    await query(stage.db, `update jobs.outbox set published_at = ${longAgo} where id = ?`, [id]);
    return ["select 1 from jobs.outbox where id = ?", [id]];
  }),
  "jobs.prune": prunes("jobs.prune", async ({ db }) => {
    await query(
      db,
      `insert into scheduler.schedule_slots (schedule, fire_at, outcome) values ('jobs.prune', ${longAgo}, 'missed')`,
    );
    return ["select 1 from scheduler.schedule_slots where fire_at < now() - interval '91 days'", []];
  }),
  "backup.run": async ({ call }) => {
    const newest = async () => (await call("GET", "/backups")).newestAt;
    expect((await call("POST", "/backups", {})).jobId).toBeDefined();
    await until("there is a backup", newest);
  },
  "tokens.cleanup": prunes("tokens.cleanup", async (stage) => {
    await stage.people();
    const { key } = await there(stage.db, "a key", "select key from accounts.idempotency_keys limit 1");
    await query(stage.db, `update accounts.idempotency_keys set expires_at = ${longAgo} where key = ?`, [key]);
    return ["select 1 from accounts.idempotency_keys where key = ?", [key]];
  }),
  "metrics.rollup": async (stage) => {
    // A job as it ended some minutes ago (of a type whose jobs no other proof deletes), and figures from before it.
    const at = new Date(Math.floor(Date.now() / 60_000 - 5) * 60_000);
    await query(
      stage.db,
      `insert into jobs.history (id, type, group_name, queue, lane, state, input, attempts, run_at, errors, created_at,
         started_at, finished_at)
       select ?, 'tokens.cleanup', 'gateway', 'default', 'low', 'completed', '{}', 1, v.at, '[]', v.at, v.at, v.at
       from (select ?::timestamptz as at) v`,
      [makeId(), at],
    );
    // Only now: the clock's own run may come at any moment, and passes by what is not there yet.
    await query(stage.db, "update jobs.rollup_progress set rolled_until = ?", [at]);
    await stage.runSchedule("metrics.rollup");
    const sql = "select 1 from jobs.metrics_rollups where grain = 'minute' and type = 'tokens.cleanup' and at = ?";
    await there(stage.db, "the figures of that minute", sql, [at]);
  },
  "monitors.call-webhook": async ({ call }) => {
    const heard = Promise.withResolvers<string>();
    const server = createServer((req, res) => {
      req.resume();
      heard.resolve(String(req.headers["webhook-signature"]));
      res.end();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    await call("PATCH", "/alert-channels", { webhookUrl: `http://127.0.0.1:${port}/`, emailOn: false });
    await call("POST", "/alert-channels/test", {});
    expect(await heard.promise).toMatch(/^v1,/);
    server.close();
  },
  "monitors.prune": prunes("monitors.prune", async ({ db }) => {
    const id = makeId();
    await query(db, `insert into scheduler.notices (id, at, body) values (?, ${longAgo}, '{}')`, [id]);
    return ["select 1 from scheduler.notices where id = ?", [id]];
  }),
  "jobs.bulk-act": async (stage) => {
    await stage.people();
    const found = async () => (await stage.call("GET", "/jobs?type=contacts.import&state=completed")).data;
    const [{ id }] = await until("a finished job", async () => (await found()).length > 0 && found());
    expect(await stage.call("POST", "/jobs/bulk", { act: "delete", ids: [id] })).toMatchObject({ matched: 1 });
    await until("it is deleted", async () => (await stage.house.api("GET", `/jobs/${id}`)).status === 404);
  },
};
