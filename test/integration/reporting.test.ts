// Reports of unforeseen errors: what reaches Sentry, what never does, and that nothing of it is loaded when it is off.
import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reportError } from "../../shared/broker/report.ts";
import { type Reporting, startReporting } from "../../shared/broker/sentry.ts";
import { environmentWith } from "../../shared/config.ts";
import { perform, startRun } from "../../shared/jobs/running.ts";
import { redact, redactedMessage, redactedStack } from "../../shared/lib/redact.ts";
import { startNode, until } from "../helpers/processes.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

const root = resolve(import.meta.dirname, "../..");
const bodies: string[] = [];
let server: Server;
let reporting: Reporting;
let t: TestDeps;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const whole = Buffer.concat(chunks);
      bodies.push((request.headers["content-encoding"] === "gzip" ? gunzipSync(whole) : whole).toString("utf8"));
      response.end("{}");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  t = await useCaseDeps();
  reporting = await startReporting(`http://publickey@127.0.0.1:${port}/42`, "test");
});
afterAll(async () => {
  await reporting.flush();
  server.close();
  await t.close();
});

/** The first exception of an envelope, with its tags. */
const readEvent = (text: string) => {
  const event = text
    .split("\n")
    .map((line) => JSON.parse(line || "{}"))
    .find((item) => item.exception);
  return { ...event.exception.values[0], tags: event.tags, event };
};
const reported = async (mark: string) =>
  readEvent(await until("the report arrives", () => bodies.find((body) => body.includes(mark))));

const canaries = {
  address: "ada.lovelace@canary-town.org",
  number: "+1 (202) 555-0173",
  token: "lc_canaryTokenCanaryToken123456",
  bearer: "Bearer eyJhbGciOiJIUzI1NiJ9.canarypayload.canarysignature",
  url: "https://user:canarypass@host.example/u/canary-unsubscribe-token?key=canaryquery",
  input: '"Dear canary, this is the body of a letter"',
  key: "re_canary0123456789abcdefgh",
};

test("a report says what broke and where, and nothing about people, bodies or keys", async () => {
  const error = new TypeError(`mark-one broke on ${Object.values(canaries).join(" and ")} in column "first_name"`);
  Object.assign(error, { detail: canaries.address, query: canaries.input, headers: { cookie: canaries.token } });
  reportError(error, { kind: "action", name: "contacts.create", requestId: "req-1" });
  const { type, value, stacktrace, tags, event } = await reported("mark-one");
  expect(type).toBe("TypeError");
  expect(value).toContain('column "first_name"');
  expect(stacktrace.frames.at(-1)).toMatchObject({ filename: "test/integration/reporting.test.ts" });
  expect(tags).toEqual({ kind: "action", name: "contacts.create", request_id: "req-1" });
  const sent = JSON.stringify(event);
  // Long enough that no id and no time of day has one of them by chance.
  for (const canary of ["ada.", "lovelace", "canary", "555-0173", "eyJhbGci"])
    expect(sent.toLowerCase()).not.toContain(canary.toLowerCase());
  for (const part of ["request", "user", "breadcrumbs", "extra", "contexts", "modules"])
    expect(event).not.toHaveProperty(part);
});

test("a job is reported when it fails for good, once, and not while it is tried again", async () => {
  const job = (attempt: number) =>
    startRun(
      {
        id: `job-${attempt}`,
        type: "campaign.finalize",
        lane: "normal",
        input: { campaignId: t.deps.id() },
        attempt,
        maxAttempts: 2,
        attemptId: t.deps.id(),
        log: null,
      } as unknown as Parameters<typeof startRun>[0],
      0,
    );
  const thrown = [new Error("mark-two, first try"), new Error("mark-three, last try")];
  const definition = {
    name: "campaign.finalize" as const,
    handler: async (_input: never, run: { readonly attempt: number }) => {
      throw thrown[run.attempt - 1];
    },
  };
  expect((await perform(job(1), definition, t.deps)).kind).toBe("again");
  expect((await perform(job(2), definition, t.deps)).kind).toBe("failed");
  expect((await reported("mark-three")).tags).toEqual({
    kind: "job",
    name: "campaign.finalize",
    id: "job-2",
    attempt: "2",
  });
  reportError(thrown[1], { kind: "action", name: "again" });
  reportError(new Error("mark-four"), { kind: "event", name: "import.finished" });
  await reported("mark-four");
  expect(bodies.some((body) => body.includes("mark-two"))).toBe(false);
  expect(bodies.filter((body) => body.includes("mark-three"))).toHaveLength(1);
});

test("what helps stays readable", () => {
  for (const text of [
    'relation "campaigns.campaigns" does not exist',
    "Cannot read properties of undefined (reading 'contactId')",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "message 0198c5a4-7f3e-7d19-a1b2-33445566778f was neither added nor known",
  ])
    expect(redact(text)).toBe(text);
});

test("of Postgres's words those stay that name no value", async () => {
  const thrown = async (sql: string, values: readonly string[]) =>
    t.deps.db.raw(sql, values as never).then(
      () => undefined,
      (error: unknown) => error,
    );
  const syntax = await thrown("select ?::int", ["canary - zebulonia"]);
  expect(redactedMessage(syntax)).toBe("Postgres refused a value (SQLSTATE 22P02), in: select $1::int");
  const raised = await thrown("do $$ begin raise exception 'no room for zebulonia'; end $$", []);
  expect(redactedStack(raised)).toMatch(/^error: Postgres refused a value \(SQLSTATE P0001\)/);
  const missing = await thrown("select zebra from jobs.jobs where id - 1 = ?", ["x"]);
  expect(redactedMessage(missing)).toContain('column "zebra" does not exist, in: select zebra');
  expect(redactedStack(missing)).toMatch(/\n\s+at /);
  expect(redactedMessage("just text")).toBe("A string was thrown instead of an error");
  expect(redact('the surname "Quackenbush" in column "last_name"')).toBe('the surname [text] in column "last_name"');
});

test("a process that ends of an error says and reports where, without the values that came with it", async () => {
  const { port } = server.address() as AddressInfo;
  const at = (path: string) => JSON.stringify(join(root, path));
  const script = `
    const { startReporting } = await import(${at("shared/broker/sentry.ts")});
    const { lastWordsMiddleware } = await import(${at("shared/broker/last-words.ts")});
    await startReporting("http://publickey@127.0.0.1:${port}/42", "test");
    lastWordsMiddleware().created({ nodeID: "mark-five", logger: { fatal: (line) => console.error(line) } });
    const error = new Error('insert into t - no room for "zebulonia"');
    Promise.reject(Object.assign(error, { severity: "ERROR", routine: "r", code: "P0001", detail: "(zebulonia)" }));
    setInterval(() => undefined, 1000);`;
  const child = startNode(["--input-type=module", "-e", script], {});
  expect(await child.exited).toBe(1);
  expect(child.logs()).toContain("the process ends: Error: Postgres refused a value (SQLSTATE P0001)");
  const { event } = await reported("mark-five");
  expect(event.level).toBe("fatal");
  expect(child.logs() + JSON.stringify(event)).not.toContain("zebulonia");
});

test("without SENTRY_DSN nothing of Sentry is loaded, with it it is", () => {
  const script = `
    import { registerHooks } from "node:module";
    const found = [];
    registerHooks({ resolve: (name, context, next) => { if (name.includes("sentry")) found.push(name); return next(name, context); } });
    const { default: options } = await import(${JSON.stringify(join(root, "moleculer.config.ts"))});
    const broker = { logger: { info() {} } };
    await options.middlewares.find(({ name }) => name === "reporting").starting(broker);
    console.log(JSON.stringify(found.filter((name) => name.startsWith("@sentry"))));
    process.exit(0);`;
  const loaded = (dsn: string): string[] =>
    JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "-e", script], {
        cwd: root,
        encoding: "utf8",
        env: environmentWith({ REDIS_URL: t.redisUrl, DATABASE_URL: t.databaseUrl, SENTRY_DSN: dsn }),
      }),
    ) as string[];
  expect(loaded("")).toEqual([]);
  expect(loaded("http://publickey@127.0.0.1:9/42")).toContain("@sentry/node");
});
