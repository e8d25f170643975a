// Watching a running house of two processes: who works, draining one, one trace from the call to the provider, and the
// debug page of developers.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRedis } from "../../shared/streams/connections.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { openOtlpReceiver, type ReceivedSpan } from "../helpers/otlp-receiver.ts";
import { until } from "../helpers/processes.ts";

let house: House;
let receiver: Awaited<ReturnType<typeof openOtlpReceiver>>;

beforeAll(async () => {
  receiver = await openOtlpReceiver();
  house = await openHouse({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=of-the-test",
      OTEL_SERVICE_NAME: "learning-center-test",
      LC_DEBUG: "1",
    },
  });
  await Promise.all([
    house.start("apps", [
      "gateway",
      "services/contacts",
      "services/campaigns",
      "services/scheduler",
      "services/sandbox",
    ]),
    house.start("email", ["services/email"]),
  ]);
  await house.signIn();
});
afterAll(async () => {
  await house?.close();
  await receiver?.close();
});

const workers = async () =>
  (await house.api("GET", "/workers")).body.data as { node: string; groups: string[]; state: string }[];
const emailNode = async () =>
  until("the email process is announced", async () =>
    (await workers()).find(({ groups }) => groups.join() === "email"),
  ).then(({ node }) => node);
const send = async (to: string) => {
  const { status, body } = await house.api("POST", "/messages", {
    channel: "email",
    to,
    content: { subject: "Watching", html: "<p>Hello</p>" },
  });
  expect(status).toBe(202);
  return body.id as string;
};
const stateOf = async (id: string) => (await house.api("GET", `/messages/${id}`)).body.state as string;

test("every process shows what it is, how it is, what it runs and what it sends by", async () => {
  const node = await emailNode();
  const { body } = await house.api("GET", `/workers/${encodeURIComponent(node)}`);
  expect(body).toMatchObject({
    state: "working",
    services: ["email", "senders", "webhooks"],
    relaySilentMs: expect.any(Number),
  });
  expect(body.slots).toBeGreaterThan(0);
  expect(body.rss).toBeGreaterThan(10_000_000);
  expect(body.senders).toMatchObject([{ channel: "email", providers: [{ name: "sandbox", state: "ok" }] }]);
  const apps = (await workers()).find(({ groups }) => groups.includes("gateway"));
  expect(apps?.groups.sort()).toEqual(["campaigns", "contacts", "gateway", "sandbox", "scheduler"]);
  const providers = await house.api("GET", "/providers");
  expect(providers.body).toMatchObject({
    data: [{ name: "sandbox", channel: "email", nodes: [node] }],
    domainRates: [],
  });
  expect((await house.api("GET", "/workers/nobody")).body.code).toBe("WORKER_NOT_FOUND");
});

test("a drained process claims neither jobs nor messages until it is told to work again, and the act is audited", async () => {
  const node = await emailNode();
  const drained = await house.api("POST", `/workers/${encodeURIComponent(node)}/drain`);
  expect([drained.status, drained.body.state]).toEqual([200, "draining"]);
  const id = await send("drained@example.com");
  const waiting = await until("the wake-up job waits", async () => {
    const { body } = await house.api("GET", "/jobs?type=email.send-batch&state=queued");
    return body.data.length > 0 && body.data[0];
  });
  // Jobs of another process overtake it: time enough for the drained one to have claimed both.
  expect((await house.importPeople(3)).status).toBe("completed");
  // Redis forgets everything; the process does not.
  const redis = connectRedis(house.redis.url, "test");
  await redis.flushall();
  redis.disconnect();
  await until("it is announced again", async () =>
    (await workers()).some((worker) => worker.node === node && worker.state === "draining"),
  );
  expect((await house.api("GET", `/jobs/${waiting.id}`)).body.state).toBe("queued");
  expect(await stateOf(id)).toBe("queued");
  const back = await house.api("POST", `/workers/${encodeURIComponent(node)}/undrain`);
  expect(back.body.state).toBe("working");
  expect((await house.api("GET", `/jobs/${waiting.id}`)).body).toMatchObject({
    requestId: expect.any(String),
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  await until("the message is sent", async () => (await stateOf(id)) === "accepted");
  await until(
    "the wake-up job has run",
    async () => (await house.api("GET", `/jobs/${waiting.id}`)).body.state === "completed",
  );
  const audit = await until("the acts are in the audit log", async () => {
    const { body } = await house.api("GET", "/audit?action=workers.");
    return body.data.length >= 2 && body.data;
  });
  expect(audit.map(({ action }: { action: string }) => action)).toEqual(["workers.undrain", "workers.drain"]);
});

test("one trace leads from the call over its event and its job to the provider", async () => {
  const asked = await house.api("POST", "/auth/password/forgot", { email: house.env.LC_ADMIN_EMAIL });
  expect(asked.status).toBeLessThan(300);
  const root = await until("the call's span", () =>
    receiver.spans.find(({ name }) => name === "POST /api/v1/auth/password/forgot"),
  );
  const names = () => receiver.spans.filter(({ traceId }) => traceId === root.traceId).map(({ name }) => name);
  const wanted = ["event user.password-forgotten", "job email.send-batch", "send email"];
  await until("the whole trace has arrived", () => wanted.every((name) => names().includes(name)));
});

test("a call's trace has its job and the provider's call in it, and names nobody", async () => {
  const requestId = "watching-request-1";
  const { body } = await house.api(
    "POST",
    "/messages",
    { channel: "email", to: "traced.person@example.com", content: { subject: "Traced", html: "<p>Hello</p>" } },
    { "x-request-id": requestId, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
  );
  await until("it is sent", async () => (await stateOf(body.id)) === "accepted");
  const find = (name: string, with_: Record<string, unknown> = {}) =>
    receiver.spans.find(
      (span) => span.name === name && Object.entries(with_).every(([key, value]) => span.attributes[key] === value),
    );
  const root = await until("the request's span", () => find("POST /api/v1/messages", { "lc.request.id": requestId }));
  // Nobody said that this caller may be trusted: its own trace is a link.
  expect(root.parentSpanId).toBeUndefined();
  expect(root.links).toMatchObject([{ traceId: "0af7651916cd43dd8448eb211c80319c" }]);
  const provider = await until("the provider's span", () => find("send email", { "lc.message.id": body.id }));
  expect(provider).toMatchObject({ traceId: root.traceId, attributes: { "lc.message.outcome": "accepted" } });
  const inTrace = () => receiver.spans.filter(({ traceId }) => traceId === root.traceId);
  const job = await until("the job's span", () => inTrace().find(({ name }) => name === "job email.send-batch"));
  const names = inTrace().map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["messages.send", "enqueue email.send-batch"]));
  const parent = (span: ReceivedSpan) => inTrace().find(({ spanId }) => spanId === span.parentSpanId)?.name;
  expect(parent(job)).toBe("enqueue email.send-batch");
  expect(new Set([root.node, job.node]).size).toBe(2);
  expect(root.service).toBe("learning-center-test");
  expect(receiver.headers[0]).toMatchObject({ "api-key": "of-the-test", path: "/v1/traces" });
  expect(receiver.text()).not.toContain("traced.person");
  const lines = house.running.get("email")?.logs().split("\n") ?? [];
  expect(lines.some((line) => line.includes(root.traceId) && line.includes(requestId))).toBe(true);
});

const debugPage = async (query = "", headers: Record<string, string> = {}) => {
  const port = house.running.get("apps")?.port;
  const answer = await fetch(`http://127.0.0.1:${port}/debug${query}`, { headers });
  return { status: answer.status, text: await answer.text() };
};

test("the debug page shows a request with its SQL, jobs, events and mails from all processes, and no values", async () => {
  const requestId = "watching-request-2";
  const { body } = await house.api(
    "POST",
    "/messages",
    { channel: "email", to: "debugged.person@example.com", content: { subject: "Looked at", html: "<p>Hello</p>" } },
    { "x-request-id": requestId },
  );
  await until("it is sent", async () => (await stateOf(body.id)) === "accepted");
  const page = await until("job and mail are on the page", async () => {
    const { text } = await debugPage(`?request=${requestId}`);
    return text.includes("email.send-batch") && text.includes("accepted, look at it") && text;
  });
  expect(page).toContain("POST /api/v1/messages");
  expect(page).toContain("messages.send");
  expect(page).toContain("insert into messaging.messages");
  expect(page).toMatch(/access token<\/code><\/td><td>[^<]*<\/td><td>(hit|miss)/);
  expect(page).not.toContain("debugged.person");
  const mail = /\/mailbox\?mail=([\w-]+)/.exec(page)?.[1];
  expect((await house.api("GET", `/sandbox/mail/${mail}`)).body.subject).toBe("Looked at");
  const all = await debugPage();
  expect(all.text).toContain(`/debug?request=${requestId}`);
  // Not for anybody who comes through a proxy or under another name.
  expect((await debugPage("", { "x-forwarded-for": "203.0.113.9" })).status).toBe(404);
});
