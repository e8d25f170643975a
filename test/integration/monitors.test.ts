// Monitors on real stores, a real mail server and a real receiver of webhooks: who is told what, and exactly once.
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { listMail } from "../../services/sandbox/list-mail.ts";
import { evaluate } from "../../services/scheduler/monitors/evaluate.ts";
import { builtIns } from "../../services/scheduler/monitors/kinds.ts";
import { callWebhook } from "../../services/scheduler/monitors/notices/call-webhook.ts";
import { stuckCalls } from "../../services/scheduler/monitors/notices/store.ts";
import { prune } from "../../services/scheduler/monitors/prune.ts";
import {
  changeChannels,
  changeMonitor,
  createMonitor,
  removeMonitor,
  sendTest,
  silenceAll,
  silenceRule,
  unsilenceAll,
  unsilenceRule,
} from "../../services/scheduler/monitors/rules.ts";
import { addBuiltIns } from "../../services/scheduler/monitors/store.ts";
import { listIncidents, showChannels, showMonitors } from "../../services/scheduler/monitors/views.ts";
import { startWatch } from "../../services/scheduler/monitors/watch.ts";
import { query } from "../../shared/db/knex.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { freshDatabase, freshRedis } from "../helpers/infrastructure.ts";
import { startJobLayer } from "../helpers/jobs.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { startNode, until } from "../helpers/processes.ts";

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

let databaseUrl: string;
let dropDatabase: () => Promise<void>;
const redisUrl = freshRedis().url;
let p: Pipeline;
const calls: Call[] = [];
let answers: number[] = [];
const receiver = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  request.on("end", () => {
    calls.push({ headers: request.headers, text });
    response.writeHead(answers.shift() ?? 204).end();
  });
});
const hookUrl = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;

beforeAll(async () => {
  const database = await freshDatabase();
  [databaseUrl, dropDatabase] = [database.url, database.drop];
  p = await openPipeline({ databaseUrl, redisUrl });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", () => done()));
  await query(p.db, "insert into accounts.users (id, email, role) values (?, 'owner@example.org', 'owner')", [
    makeId(),
  ]);
  await query(p.db, "insert into accounts.users (id, email, role) values (?, 'viewer@example.org', 'viewer')", [
    makeId(),
  ]);
  await addBuiltIns(p.db, builtIns, makeId);
  p.sender();
});
afterAll(async () => {
  receiver.close();
  receiver.closeAllConnections();
  await p.close();
  await dropDatabase();
});
beforeEach(async () => {
  await query(p.db, "update scheduler.monitors set enabled = false");
});
afterEach(async () => {
  for (const { id, builtIn } of (await showMonitors(p.deps)).data) if (!builtIn) await removeMonitor(p.deps, id);
  await query(p.db, "delete from jobs.jobs");
  await query(p.db, "delete from scheduler.notices");
  await changeChannels(p.deps, { webhookUrl: null, emailOn: true, emailTo: [] });
  await p.mail.store.clear();
  calls.length = 0;
  answers = [];
});

const watcher = () => {
  const watch = startWatch(p.deps, { everyMs: 30, lookMs: 10 });
  onTestFinished(() => watch.stop());
  return watch;
};
const evaluatedAt = async () => (await showMonitors(p.deps)).evaluatedAt;
const mails = async () => (await listMail(p.mail, { limit: 100, order: "asc" } as never)).data;
/** A rule that opens at once on jobs that wait, and recovers at once. */
const waitRule = () =>
  createMonitor(p.deps, {
    kind: "queue-age",
    name: "Waits",
    threshold: 300,
    subject: "emails",
    forSeconds: 0,
    clearForSeconds: 0,
  });
/** Nobody runs this: no worker is here. */
const waiting = (queue = "emails") =>
  query(
    p.db,
    `insert into jobs.jobs (id, type, group_name, queue, state, input, run_at)
     values (?, 'email.send-batch', 'email', ?, 'queued', '{}', now() - interval '10 minutes')`,
    [makeId(), queue],
  );
const open = async () => (await listIncidents(p.deps, { limit: 100, state: "open" })).data;
const aMinuteLater = () => query(p.db, "update scheduler.notices set at = at - interval '2 minutes'");
const look = async () => {
  await query(p.db, "update scheduler.monitor_clock set evaluated_at = '-infinity'");
  expect(await evaluate(p.deps, 0)).toBe(true);
};
const notices = async () => (await showChannels(p.deps)).notices;
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

test("two watches see jobs wait: one incident, one mail to each owner, and one more when it is over", async () => {
  const { id } = await waitRule();
  await waiting();
  const watches = [watcher(), watcher()];
  const [mail] = await until("the mail is there", async () => ((await mails()).length > 0 ? mails() : undefined));
  expect(mail?.subject).toBe("Alert: Waits (emails)");
  expect(mail?.to).toBe("owner@example.org");
  expect(mail?.text).toMatch(/A job of the queue emails has waited for 10 min\. Since .* UTC\./);
  expect(await open()).toMatchObject([{ monitorId: id, subject: "emails", state: "open", flaps: 0 }]);
  await aMinuteLater();
  await query(p.db, "delete from jobs.jobs");
  await until("the recovery is told", async () => (await mails()).length === 2);
  for (const watch of watches) await watch.stop();
  expect((await mails()).map(({ subject }) => subject)).toEqual(["Alert: Waits (emails)", "Recovered: Waits (emails)"]);
  expect(await open()).toEqual([]);
  expect((await notices()).map(({ emailed }) => emailed)).toEqual([1, 1]);
});

test("a watch that is killed in the middle of telling leaves nothing half done, and the next one tells once", async () => {
  await waitRule();
  await waiting();
  const gate = await p.db.transaction();
  await query(gate, "lock table scheduler.notices in exclusive mode");
  const child = startNode(["test/helpers/monitors-watch.ts", databaseUrl, redisUrl, "doomed"], {});
  await until("it is about to write the notice", async () => {
    const [row] = await query<{ n: number }>(
      p.db,
      "select count(*)::int as n from pg_stat_activity where application_name = 'watch:doomed' and wait_event_type = 'Lock'",
    );
    return (row?.n ?? 0) > 0;
  });
  await child.kill9();
  await gate.rollback();
  await until("its transaction is over", async () => {
    const rows = await query(p.db, "select 1 from pg_stat_activity where application_name = 'watch:doomed'");
    return rows.length === 0;
  });
  expect(await open()).toEqual([]);
  const watch = watcher();
  await until("the mail is there", async () => (await mails()).length > 0);
  const before = await evaluatedAt();
  await until("it has looked again", async () => (await evaluatedAt()) !== before);
  await watch.stop();
  expect(await notices()).toHaveLength(1);
  expect(await mails()).toHaveLength(1);
  expect(await open()).toHaveLength(1);
});

test("a silenced rule opens incidents and tells nobody; when the silence ends, what is open is told", async () => {
  const { id } = await waitRule();
  await expect(silenceRule(p.deps, { id, until: "2020-01-01T00:00:00Z" }, {})).rejects.toThrow(/past/);
  expect(await silenceRule(p.deps, { id, until: soon(), reason: "we know" }, {})).toMatchObject({
    silenced: { reason: "we know" },
  });
  await waiting();
  await look();
  await look();
  expect(await open()).toMatchObject([{ notifiedAt: null }]);
  expect(await notices()).toEqual([]);
  await silenceAll(p.deps, { until: soon() }, {});
  await unsilenceRule(p.deps, id);
  await look();
  expect(await notices()).toEqual([]);
  await unsilenceAll(p.deps);
  await look();
  expect(await notices()).toMatchObject([{ title: "Alert: Waits (emails)" }]);
  expect(await open()).toMatchObject([{ notifiedAt: expect.any(String) }]);
});

test("a storm is one notice, what follows within the minute is in the next, and what goes on is told again after hours", async () => {
  await changeChannels(p.deps, { reminderHours: 1 });
  await createMonitor(p.deps, { kind: "queue-age", name: "Any", threshold: 300, clearForSeconds: 0 });
  for (const queue of ["ai", "sms", "calls"]) await waiting(queue);
  await look();
  expect((await notices()).map(({ title }) => title)).toEqual(["3 alerts"]);
  await waiting("provisioning");
  await look();
  expect(await notices()).toHaveLength(1);
  await aMinuteLater();
  await look();
  expect((await notices()).map(({ title }) => title)).toEqual(["Alert: Any (provisioning)", "3 alerts"]);
  await aMinuteLater();
  await look();
  expect(await notices()).toHaveLength(2);
  await query(p.db, "update scheduler.incidents set notified_at = notified_at - interval '61 minutes'");
  await look();
  expect((await notices())[0]?.title).toBe("4 still open");
});

test("one that comes back shortly after its recovery has to stay well for ten minutes before that is told", async () => {
  await waitRule();
  for (const flaps of [0, 1]) {
    await waiting();
    await look();
    expect(await open()).toMatchObject([{ flaps }]);
    await query(p.db, "delete from jobs.jobs");
    await look();
    expect(await open()).toHaveLength(flaps);
    await aMinuteLater();
  }
  await query(
    p.db,
    "update scheduler.incidents set clear_since = clear_since - interval '11 minutes' where state = 'open'",
  );
  await look();
  expect(await open()).toEqual([]);
});

test("the webhook is called signed, again after a 500, with the same id, and is done after a yes", async () => {
  const { webhook } = await changeChannels(p.deps, { webhookUrl: hookUrl(), emailOn: false });
  answers = [500, 503];
  const layer = startJobLayer({
    ...{ databaseUrl, redisUrl, group: "scheduler" },
    definitions: [
      defineJob({
        ...{ name: "monitors.call-webhook", attempts: 5, backoffMs: 20 },
        handler: ({ noticeId }, run) => callWebhook(run.deps, noticeId, run.signal),
      }),
    ],
  });
  await waitRule();
  await waiting();
  await look();
  await until("the receiver said yes", async () => (await notices())[0]?.webhook === "sent");
  await layer.stop();
  expect(calls).toHaveLength(3);
  expect(new Set(calls.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  for (const { headers, text } of calls) {
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
    const key = Buffer.from(webhook.secret.replace("whsec_", ""), "base64");
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  }
  expect(JSON.parse(calls[0]?.text ?? "")).toMatchObject({
    type: "alert.changed",
    data: { title: "Alert: Waits (emails)", incidents: [{ what: "opened", subject: "emails", unit: "seconds" }] },
  });
  expect((await notices())[0]).toMatchObject({ emailed: 0, webhookError: null });
});

test("without anybody to run its job a call is made by the watch, because an alarm about Redis must not need Redis", async () => {
  await changeChannels(p.deps, { webhookUrl: hookUrl(), emailOn: false });
  const { id } = await sendTest(p.deps);
  expect(await stuckCalls(p.db, 45)).toEqual([]);
  await aMinuteLater();
  expect(await stuckCalls(p.db, 45)).toEqual([id]);
  const watch = watcher();
  await until("it was called", async () => (await notices())[0]?.webhook === "sent");
  await watch.stop();
  expect(calls).toHaveLength(1);
  expect(JSON.parse(calls[0]?.text ?? "")).toMatchObject({ id, type: "alert.test" });
  await callWebhook(p.deps, id, new AbortController().signal);
  expect(calls).toHaveLength(1);
  // One that failed for good is called after all when somebody runs its job again.
  await query(p.db, "update scheduler.notices set webhook = 'failed'");
  await callWebhook(p.deps, id, new AbortController().signal);
  expect(calls).toHaveLength(2);
  await changeChannels(p.deps, { webhookUrl: "http://127.0.0.1:1/nobody" });
  await query(p.db, "update scheduler.notices set webhook = 'waiting'");
  await expect(callWebhook(p.deps, id, new AbortController().signal, true)).rejects.toThrow(/ECONNREFUSED/);
  expect((await notices())[0]).toMatchObject({
    webhook: "failed",
    webhookError: expect.stringContaining("ECONNREFUSED"),
  });
});

test("a call that failed is made again by the watch when its job does not come back to it, ever more rarely", async () => {
  await changeChannels(p.deps, { webhookUrl: hookUrl(), emailOn: false });
  answers = [500, 500];
  const { id } = await sendTest(p.deps);
  const call = () => expect(callWebhook(p.deps, id, new AbortController().signal)).rejects.toThrow("500");
  await aMinuteLater();
  await call();
  await query(p.db, "update jobs.jobs set run_at = now() + interval '1 minute'");
  expect(await stuckCalls(p.db, 45)).toEqual([]);
  // Redis went away since: the job was due long ago.
  await query(p.db, "update jobs.jobs set run_at = now() - interval '1 minute'");
  expect(await stuckCalls(p.db, 45)).toEqual([id]);
  await call();
  expect(await stuckCalls(p.db, 45)).toEqual([]);
  await aMinuteLater();
  expect(await stuckCalls(p.db, 45)).toEqual([id]);
});

test("a rule that is switched off while it is being read stays without incidents", async () => {
  const { id } = await waitRule();
  await waiting();
  await query(p.db, "update scheduler.monitor_clock set evaluated_at = '-infinity'");
  const gate = await p.db.transaction();
  await query(gate, "lock table jobs.jobs in access exclusive mode");
  const evaluating = evaluate(p.deps, 0);
  await until("it reads the queue", async () => {
    const rows = await query(gate, "select 1 from pg_locks where not granted and relation = 'jobs.jobs'::regclass");
    return rows.length > 0;
  });
  await changeMonitor(p.deps, { id, enabled: false });
  await gate.rollback();
  expect(await evaluating).toBe(true);
  expect(await open()).toEqual([]);
});

test("when the database's clock was a day ahead for a moment, alerts go on at once, a minute apart", async () => {
  await waitRule();
  await waiting();
  await look();
  await query(p.db, "update scheduler.notices set at = at + interval '1 day'");
  await query(p.db, "update scheduler.monitor_clock set evaluated_at = now() + interval '1 day'");
  await query(p.db, "delete from jobs.jobs");
  expect(await evaluate(p.deps, 10_000)).toBe(true);
  expect((await notices()).map(({ title }) => title)).toContain("Recovered: Waits (emails)");
  await waiting();
  await look();
  expect(await notices()).toHaveLength(2);
});

test("rules are made, changed and deleted; what cannot be is refused at its place; built-in ones stay", async () => {
  const wrong = (path: string) => ({ data: { errors: [expect.objectContaining({ path })] } });
  const rule = { kind: "queue-age" as const, name: "x", threshold: 10 };
  await expect(createMonitor(p.deps, { ...rule, subject: "email" })).rejects.toMatchObject(wrong("subject"));
  await expect(createMonitor(p.deps, { ...rule, subject: "email" })).rejects.toThrow(/did you mean emails/);
  await expect(createMonitor(p.deps, { ...rule, clearAt: 11 })).rejects.toMatchObject(wrong("clearAt"));
  await expect(createMonitor(p.deps, { ...rule, kind: "outbox-lag", subject: "emails" })).rejects.toMatchObject(
    wrong("subject"),
  );
  await expect(createMonitor(p.deps, { ...rule, kind: "failure-rate", threshold: 100 })).rejects.toMatchObject(
    wrong("threshold"),
  );
  await expect(changeChannels(p.deps, { webhookUrl: "http://hooks.example.org" })).rejects.toMatchObject(
    wrong("webhookUrl"),
  );
  await expect(changeChannels(p.deps, { emailTo: ["a@example.org", "nobody"] })).rejects.toMatchObject(
    wrong("emailTo.1"),
  );
  const made = await waitRule();
  expect(made).toMatchObject({ clearAt: 240, sentence: "A job of the queue emails waits longer than 5 min." });
  await waiting();
  await look();
  expect(await open()).toHaveLength(1);
  expect(await changeMonitor(p.deps, { id: made.id, threshold: 1_000, enabled: false })).toMatchObject({
    clearAt: 800,
    state: "off",
  });
  expect(await open()).toEqual([]);
  await aMinuteLater();
  await look();
  expect(await notices()).toHaveLength(1);
  await removeMonitor(p.deps, made.id);
  await expect(removeMonitor(p.deps, made.id)).rejects.toMatchObject({ type: "MONITOR_NOT_FOUND" });
  const [own] = (await showMonitors(p.deps)).data;
  await expect(removeMonitor(p.deps, own?.id ?? "")).rejects.toMatchObject({ type: "MONITOR_BUILT_IN" });
  expect((await showMonitors(p.deps)).data).toHaveLength(builtIns.length);
});

test("old incidents and notices are forgotten, what is open stays", async () => {
  await waitRule();
  await waiting();
  await look();
  await query(p.db, "update scheduler.incidents set opened_at = now() - interval '100 days'");
  await query(p.db, "update scheduler.notices set at = now() - interval '100 days'");
  const log: string[] = [];
  await prune({ deps: p.deps, log: (line: string) => log.push(line) } as never);
  expect(log).toEqual(["0 incidents and 1 notices were older than 90 days"]);
  expect(await open()).toHaveLength(1);
});
