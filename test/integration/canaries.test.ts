// Canaries: a house of two real processes in which people, passwords, tokens and keys have names of their own. It lives
// through a whole journey with errors, at the most talkative log level, and nothing that it says aloud names one of them.
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { askPort, type Reply } from "../helpers/gateway.ts";
import { freePort, freshDatabase, freshRedis, hasRealPostgres } from "../helpers/infrastructure.ts";
import { openOtlpReceiver } from "../helpers/otlp-receiver.ts";
import { type GroupProcess, startGroup, until } from "../helpers/processes.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

const groups = ["contacts", "campaigns", "email", "scheduler", "sandbox"].map((group) => `services/${group}`);
const word = () => randomBytes(12).toString("hex");
const owner = { email: "owner.canary@quackmail.example", password: "a canary sings at Quackenbush's" };
const person = {
  email: "zebulonia.q@quackmail.example",
  phone: "+12025550187",
  firstName: "Zebulonia",
  lastName: "Quackenbush",
};
/** What is set from outside. */
const secrets = {
  LC_SECRET_KEYS: `canary-ring-${word()}${word()}`,
  LC_METRICS_TOKEN: `canary-metrics-${word()}`,
  LC_RESEND_WEBHOOK_SECRET: `whsec_${Buffer.from(`canary-hook-${word()}`).toString("base64")}`,
  LC_POSTMARK_WEBHOOK_LOGIN: `canary:${word()}`,
  RESEND_API_KEY: `re_canary_${word()}`,
};
/** What the house made by itself and handed out: cookie, CSRF token, access token, links. */
const made: string[] = [];
const personal = [/zebulonia/i, /quackenbush/i, /quackmail/i, /2025550187/, /555-?0187/, /canary sings/, /dear duck/i];

let processes: readonly GroupProcess[] = [];
let otlp: Awaited<ReturnType<typeof openOtlpReceiver>>;
let sentry: Server;
let db: pg.Client;
let drop: () => Promise<void> = async () => undefined;
let auth: Record<string, string> = {};
let cookies: Record<string, string> = {};
const reports: string[] = [];
const problems: Reply[] = [];

const ask = async (method: string, path: string, body?: unknown, headers = auth, port = processes[0]?.port ?? 0) => {
  const full = /^\/(sandbox|t|u|hooks|health|metrics|version)\b/.test(path) ? path : `/api/v1${path}`;
  const reply = await askPort(port, { method, path: full, headers, ...(body === undefined ? {} : { body }) });
  if (reply.status >= 400) problems.push(reply);
  return reply;
};
const ok = async (...[method, path, body]: Parameters<typeof ask>) => {
  const reply = await ask(method, path, body);
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
  return reply.json;
};

/** Imports the rows and answers the import's id when it is done. */
const upload = async (name: string, rows: readonly string[], mapping: object): Promise<string> => {
  const form = new FormData();
  form.set("file", new Blob([rows.join("\n")]), name);
  form.set("mapping", JSON.stringify(mapping));
  form.set("options", JSON.stringify({ consent: { channels: ["email"], basis: "Zebulonia said so", source: "desk" } }));
  const url = `http://127.0.0.1:${processes[0]?.port}/api/v1/imports`;
  const { id } = (await (await fetch(url, { method: "POST", headers: auth, body: form })).json()) as { id: string };
  const done = async () => (await ok("GET", `/imports/${id}`)).status === "completed";
  await until("the import", done, { everyMs: 100 });
  return id;
};

beforeAll(async () => {
  if (!hasRealPostgres()) return;
  const database = await freshDatabase();
  drop = database.drop;
  otlp = await openOtlpReceiver();
  sentry = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const whole = Buffer.concat(chunks);
      reports.push((req.headers["content-encoding"] === "gzip" ? gunzipSync(whole) : whole).toString("utf8"));
      res.end("{}");
    });
  });
  await new Promise<void>((done) => sentry.listen(0, "127.0.0.1", done));
  const port = await freePort();
  const env = {
    ...secrets,
    ...{ DATABASE_URL: database.url, REDIS_URL: freshRedis().url, LC_DATA_DIR: newDataDir(), LC_SAMPLE: "0" },
    ...{ LC_ADMIN_EMAIL: owner.email, LC_ADMIN_PASSWORD: owner.password, LC_LOG_LEVEL: "trace" },
    ...{ PUBLIC_URL: `http://localhost:${port}`, LC_RATE_LIMIT: "400" },
    SENTRY_DSN: `http://canarykey${word()}@127.0.0.1:${(sentry.address() as AddressInfo).port}/1`,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
  };
  const first = await startGroup(["gateway", ...groups], { ...env, PORT: String(port) });
  processes = [first, await startGroup(["gateway"], env)];
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
  const login = await ask("POST", "/auth/login", owner, {});
  const cookie = (login.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
  cookies = { cookie, "x-csrf-token": login.json.csrfToken };
  made.push(cookie.split("=")[1] ?? "", login.json.csrfToken);
});
/** A token of its own for each test: the limit counts by token, and waiting asks often. */
beforeEach(async () => {
  if (!hasRealPostgres()) return;
  const abilities = ["read", "write", "send", "admin"];
  const { json } = await ask("POST", "/auth/tokens", { name: "canaries", abilities }, cookies);
  auth = { authorization: `Bearer ${json.token}` };
  made.push(json.token);
});
afterAll(async () => {
  await db?.end();
  await Promise.all(processes.map((process) => process.stop()));
  await otlp?.close();
  sentry?.close();
  await drop();
});

test.skipIf(!hasRealPostgres())(
  "replicas share the limit of one person, and a forged address changes nothing",
  async () => {
    const { json } = await ask("POST", "/auth/tokens", { name: "limit", abilities: ["read"] }, cookies);
    const headers = (n: number) => ({
      authorization: `Bearer ${json.token}`,
      "x-forwarded-for": `203.0.113.${n % 250}`,
    });
    const statuses: number[] = [];
    for (let n = 0; n < 42; n++) {
      const answers = Array.from({ length: 10 }, (_, i) => {
        const { port } = processes[i % 2] as GroupProcess;
        return askPort(port, { path: "/api/v1/tags", headers: headers(n * 10 + i) });
      });
      statuses.push(...(await Promise.all(answers)).map(({ status }) => status));
    }
    expect([...new Set(statuses)].sort()).toEqual([200, 429]);
    expect(statuses.filter((status) => status === 200)).toHaveLength(400);
    for (const { port } of processes) {
      const refused = await askPort(port, { path: "/api/v1/tags", headers: headers(1) });
      expect([refused.status, refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]]).toEqual([
        ...[429, "400", "0"],
      ]);
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    }
  },
);

test.skipIf(!hasRealPostgres())(
  "a read writes nothing: every GET answers as well from a database that takes no writes",
  async () => {
    const { publicActions } = await import("../../gateway/operations.ts");
    const name = (await db.query("select current_database() as name")).rows[0].name;
    const id = "01990000-0000-7000-8000-000000000001";
    const all = async () => {
      const answers: Record<string, number> = {};
      for (const { rest, path } of publicActions)
        if (rest.method === "GET")
          answers[path] = (await ask("GET", path.replace(/^\/api\/v1/, "").replace(/:\w+/g, id))).status;
      return answers;
    };
    const before = await all();
    const readOnly = async (on: boolean) => {
      await db.query(`alter database ${name} set default_transaction_read_only = ${on ? "on" : "off"}`);
      await db.query("set default_transaction_read_only = off");
      await db.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
        [name],
      );
      await until("the house has its connections again", async () => (await ask("GET", "/tags")).status === 200);
    };
    await readOnly(true);
    expect((await ask("POST", "/contacts", { email: "x@example.org" })).status).toBeGreaterThanOrEqual(500);
    expect(await all()).toEqual(before);
    await readOnly(false);
  },
);

test.skipIf(!hasRealPostgres())("no cell of any file to download is a formula", async () => {
  const formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "=\t1", "\uff1d1"];
  for (const [n, formula] of formulas.entries()) {
    const fields = { firstName: formula, lastName: formula, orgName: formula, attrs: { "-note": formula } };
    await ok("POST", "/contacts", {
      email: `f${n}@example.org`,
      phone: `+1202555010${n}`,
      tags: [`${formula} tag`],
      ...fields,
    });
  }
  await ok("POST", "/suppressions", { channel: "sms", address: "+12025550199", reason: "stop" });
  await ok("POST", "/messages", {
    channel: "email",
    to: "f0@example.org",
    content: { subject: "=1+1", html: "<p>x</p>" },
  });
  await ok("POST", "/users/invite", { email: "+formula@example.org", role: "viewer" });
  const rows = ["Mail,=Name", ...formulas.map((one) => `"no address","${one}"`)];
  const id = await upload("=1.csv", rows, { Mail: "email", "=Name": "firstName" });
  const bulk = await ok("POST", "/contacts/bulk", { act: "export", filter: {}, expected: formulas.length });
  await until("the export", async () => (await ok("GET", `/bulk-acts/${bulk.id}`)).hasFile, { everyMs: 100 });
  const ids: Record<string, string> = { "/imports": id, "/bulk-acts": bulk.id };
  const { publicActions } = await import("../../gateway/operations.ts");
  const files = publicActions.filter(({ rest }) => rest.produces === "text/csv").map(({ rest }) => rest.path);
  expect(files.length).toBeGreaterThanOrEqual(5);
  for (const file of files) {
    const { status, text } = await ask("GET", file.replace(":id", ids[file.split("/:")[0] ?? ""] ?? ""));
    expect([file, status]).toEqual([file, 200]);
    const cells = (parse(text, { bom: true, relax_column_count: true }) as string[][]).flat();
    expect(cells.length, file).toBeGreaterThan(8);
    expect([file, cells.filter((cell) => /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell))]).toEqual([file, []]);
  }
});

test.skipIf(!hasRealPostgres())("a journey with errors", async () => {
  const contact = await ok("POST", "/contacts", { ...person, attrs: { city: "Quackenbush" } });
  const rows = ["Mail,First", `${person.email},Zebulonia`, "zebulonia at quackmail,Zebulonia", "ada@example.org,Ada"];
  await upload("Friends of Zebulonia Quackenbush.csv", rows, { Mail: "email", First: "firstName" });
  // The mail server refuses them for good, and says their address in its answer.
  await ok("POST", "/sandbox/faults", { kind: "reject", count: 1, to: person.email });
  await ok("POST", "/messages", {
    ...{ channel: "email", to: person.email, vars: { who: "Zebulonia" } },
    content: { subject: "Dear duck {{who}}", html: "<p>Dear duck Quackenbush</p>" },
  });
  const campaign = await ok("POST", "/campaigns", {
    ...{ name: "News for Zebulonia", channel: "email", audience: { all: true } },
    content: {
      subject: "Dear duck {{firstName}}",
      html: '<p>{{email}} <a href="https://example.org/?m={{email}}">x</a></p>',
    },
  });
  await ok("POST", `/campaigns/${campaign.id}/launch`, {});
  const done = async () => (await ok("GET", `/campaigns/${campaign.id}/stats`)).status === "completed";
  await until("the campaign", done, { everyMs: 100 });
  const mails = (await ok("GET", "/sandbox/mail?to=ada@example.org")).data as { html: string }[];
  const links = [...(mails.at(-1)?.html ?? "").matchAll(/\/(?:t\/[co]|u)\/([\w-]{20,})/g)];
  expect(links.length).toBeGreaterThan(1);
  for (const [path, token = ""] of links) {
    made.push(token);
    const whole = path.startsWith("/t/o/") ? `${path}.gif` : path;
    await ask("GET", whole, undefined, {
      "user-agent": "Zebulonia's Browser",
      referer: `https://quackmail.example/${token}`,
    });
    await ask("POST", `/u/${token}`, undefined, {});
  }
  const invite = await ask("POST", "/users/invite", { email: "q2@quackmail.example", role: "viewer" });
  made.push(
    String(invite.json?.token ?? invite.json?.link ?? "")
      .split("/")
      .at(-1) ?? "",
  );
  await ask("POST", "/auth/password/forgot", { email: owner.email }, {});
  // What strangers and clumsy clients send.
  const wrong = { email: person.email, password: "canary sings wrongly" };
  await ask("POST", "/auth/login", wrong, {});
  await ask("GET", `/contacts?q=${person.email}&sort=Zebulonia`);
  await ask("GET", `/contacts/${person.email}`);
  await ask("POST", "/contacts", `{"email":"${person.email}", zebulonia`, {
    ...auth,
    "content-type": "application/json",
  });
  await ask("GET", "/tags", undefined, { authorization: `Bearer ${made[2]}x` });
  await ask("GET", "/tags", undefined, { authorization: `Basic ${Buffer.from(owner.password).toString("base64")}` });
  await ask("GET", "/metrics", undefined, { authorization: `Bearer ${secrets.LC_METRICS_TOKEN}` });
  const forged = {
    "content-type": "application/json",
    authorization: `Basic ${Buffer.from("canary:wrong").toString("base64")}`,
  };
  await ask("POST", "/hooks/email/postmark", { Recipient: person.email }, forged);
  await ask("POST", "/hooks/email/resend", { data: { to: [person.email] } }, { "svix-id": "1" });
  // Nobody foresaw these: Postgres answers with the values in its words.
  await db.query("alter table contacts.contacts add constraint canary check (first_name <> 'Quackenbush')");
  await db.query("alter table contacts.tags add constraint canary check (name !~ '^quack')");
  const another = {
    ...person,
    email: "zebulonia2@quackmail.example",
    phone: "+12025550188",
    firstName: "Quackenbush",
  };
  expect((await ask("POST", "/contacts", another)).status).toBe(500);
  await ask("POST", "/contacts", { email: "zebulonia3@quackmail.example", tags: ["quackmail"] });
  await db.query(
    `create function refuse_canary() returns trigger language plpgsql as
       $$ begin raise exception 'no room for "%" of %', new.last_name, new.email; end $$;
     create trigger canary before update on contacts.contacts for each row execute function refuse_canary()`,
  );
  expect((await ask("PATCH", `/contacts/${contact.id}`, { lastName: "Quackenbush" })).status).toBe(500);
  expect((await ask("GET", `/contacts?q=${person.email}`)).status).toBeGreaterThan(0);
});

test.skipIf(!hasRealPostgres())("names none of them in its output, reports, traces, metrics and answers", async () => {
  await until("the errors were reported", () => reports.some((text) => text.includes("exception")));
  await until("the journey was traced", () => otlp.spans.some(({ name }) => /contacts/.test(name)));
  const told: Record<string, string> = { reports: reports.join("\n"), traces: otlp.text() };
  for (const [n, process] of processes.entries()) {
    told[`output ${n}`] = process.logs();
    for (const path of ["/metrics", "/health/ready", "/health/live", "/version"])
      told[`${path} ${n}`] = (await askPort(process.port, { path })).text;
  }
  told.answers = problems
    .filter(({ status }) => status >= 500 || status === 401)
    .map(({ text }) => text)
    .join("\n");
  expect(told["output 0"]?.length).toBeGreaterThan(10_000);
  const secret = [...Object.values(secrets), ...made].flatMap((text) => [text, ...text.split("_").slice(-1)]);
  const leaks: string[] = [];
  for (const [where, text] of Object.entries(told)) {
    for (const line of text.split("\n"))
      for (const trace of personal) if (trace.test(line)) leaks.push(`${where}, ${trace}: ${line.slice(0, 300)}`);
    for (const one of secret) if (one.length >= 16 && text.includes(one)) leaks.push(`${where}: ${one}`);
  }
  for (const { text } of problems)
    for (const one of secret) if (one.length >= 16 && text.includes(one)) leaks.push(text);
  expect([...new Set(leaks)]).toEqual([]);
});
