// The whole house for fault tests: real Postgres and Redis of its own, every group in its own process, the API over HTTP.
import { randomBytes } from "node:crypto";
import { connectPostgres } from "../../shared/db/knex.ts";
import { freePort, startPostgres, startRedis } from "./infrastructure.ts";
import { owner, ownerToken } from "./owner-token.ts";
import { type GroupProcess, startGroup, until } from "./processes.ts";
import { newDataDir } from "./processes-platform.ts";

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of the API are checked by the tests themselves
  readonly body: any;
}

export const openHouse = async (
  options: {
    leaseSeconds?: number;
    env?: Record<string, string>;
    sandboxEnv?: Record<string, string>;
    /** Further lines of its Redis's configuration. */
    redisConfig?: readonly string[];
  } = {},
) => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis({ config: options.redisConfig ?? [] })]);
  const dataDir = newDataDir();
  const port = await freePort();
  const env: Record<string, string> = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    LC_DATA_DIR: dataDir,
    LC_SAMPLE: "0",
    LC_ADMIN_EMAIL: owner.email,
    LC_ADMIN_PASSWORD: owner.password,
    LC_LEASE_SECONDS: String(options.leaseSeconds ?? 8),
    LC_RATE_LIMIT: "1000000",
    PUBLIC_URL: `http://localhost:${port}`,
    ...options.env,
  };
  const running = new Map<string, GroupProcess>();
  const start = async (name: string, folders: readonly string[], wait = true) => {
    const child = await startGroup(
      folders,
      { ...env, ...(folders.includes("gateway") ? { PORT: String(port) } : {}) },
      { wait, timeoutMs: 60_000 },
    );
    running.set(name, child);
    return child;
  };
  const base = `http://127.0.0.1:${port}`;
  let token = "";
  const api = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const form = body instanceof FormData;
    const response = await fetch(`${base}${path.startsWith("/sandbox") ? path : `/api/v1${path}`}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && !form ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  };
  const signIn = async () => {
    token = await ownerToken(base);
  };
  const marks = new Map<string, string>();
  return {
    postgres,
    redis,
    api,
    env,
    running,
    start,
    signIn,
    /** The header of the owner's token, once somebody signed in. */
    authorization: () => `Bearer ${token}`,
    /** Every group in a process of its own, two email processes among them. */
    async startAll() {
      await start("gateway", ["gateway"], false);
      await Promise.all(
        ["contacts", "campaigns", "scheduler", "sandbox", "email"].map((group) => start(group, [`services/${group}`])),
      );
      await start("email-2", ["services/email"]);
      await until("the gateway is ready", () => running.get("gateway")?.ready());
      await signIn();
    },
    async importPeople(count: number) {
      const rows = ["Email,First Name"];
      for (let i = 0; i < count; i++) rows.push(`person${i}@example.com,Name${i}`);
      const form = new FormData();
      form.set("file", new Blob([rows.join("\n")], { type: "text/csv" }), "people.csv");
      form.set("mapping", JSON.stringify({ Email: "email", "First Name": "firstName" }));
      form.set(
        "options",
        JSON.stringify({ dedupe: "update", consent: { channels: ["email"], basis: "form", source: "test" } }),
      );
      const accepted = await api("POST", "/imports", form, { "idempotency-key": randomBytes(8).toString("hex") });
      return await until(
        "the import to finish",
        async () => {
          const { body } = await api("GET", `/imports/${accepted.body.id}`);
          return ["completed", "failed"].includes(body.status) && body;
        },
        { timeoutMs: 120_000, everyMs: 200 },
      );
    },
    async launch(rate?: number) {
      // In the subject, so that mails that a campaign still owes from an earlier test count for that campaign.
      const mark = randomBytes(6).toString("hex");
      const made = await api("POST", "/campaigns", {
        name: "Faults",
        channel: "email",
        audience: { all: true },
        content: { subject: `Hello {{firstName}} ${mark}`, html: "<p>Hi {{firstName}}</p>" },
        ...(rate ? { rate: { perSecond: rate } } : {}),
      });
      const launched = await api(
        "POST",
        `/campaigns/${made.body.id}/launch`,
        {},
        { "idempotency-key": randomBytes(8).toString("hex") },
      );
      if (launched.status !== 202)
        throw new Error(`launch answered ${launched.status}: ${JSON.stringify(launched.body)}`);
      marks.set(made.body.id, mark);
      return made.body.id as string;
    },
    stats: async (id: string) => (await api("GET", `/campaigns/${id}/stats`)).body,
    ended: (id: string, timeoutMs = 120_000) =>
      until(
        "the campaign to end",
        async () => {
          const { status, body } = await api("GET", `/campaigns/${id}/stats`);
          return status === 200 && ["completed", "held"].includes(body.status) && body;
        },
        { timeoutMs, everyMs: 250 },
      ),
    /** Addresses of all mails of a campaign in the sandbox's mailbox. */
    async mailAddresses(id: string) {
      const mark = marks.get(id) ?? "";
      const addresses: string[] = [];
      let cursor = "";
      do {
        const { body } = await api(
          "GET",
          `/sandbox/mail?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
        );
        for (const mail of body.data) if (String(mail.subject).includes(mark)) addresses.push(String(mail.to));
        cursor = body.nextCursor ?? "";
      } while (cursor);
      return addresses;
    },
    /** How many mails with this in their subject are in the sandbox's mailbox (the newest thousand). */
    async mailsWith(words: string): Promise<number> {
      const { body } = await api("GET", "/sandbox/mail?limit=1000");
      return body.data.filter(({ subject }: { subject: string }) => subject.includes(words)).length;
    },
    /** Addresses of the campaign's messages in a state. */
    async ledger(id: string, state: string) {
      const addresses: string[] = [];
      let cursor = "";
      do {
        const { body } = await api(
          "GET",
          `/campaigns/${id}/messages?state=${state}&limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
        );
        for (const message of body.data) addresses.push(message.address);
        cursor = body.nextCursor ?? "";
      } while (cursor);
      return addresses;
    },
    /** What to read when a test has failed: what Postgres holds of messages and jobs, and the end of each process's log. */
    async notes(): Promise<string> {
      const sql = connectPostgres(postgres.url, 1);
      const counts = (what: string) =>
        sql.raw<{ rows: object[] }>(what).then(
          ({ rows }) => rows.map((row) => JSON.stringify(row)).join("\n"),
          (error: Error) => error.message,
        );
      const found = [
        await counts("select source_id, status, held_reason from messaging.dispatches"),
        await counts("select source_id, state, reason, count(*)::int from messaging.messages group by 1, 2, 3"),
        await counts(
          "select type, state, count(*)::int, min(run_at) as due, max(published_at) as published, max(lease_until) as lease from jobs.jobs group by 1, 2",
        ),
      ];
      await sql.destroy();
      const logs = [...running].map(([name, child]) => `${name}:\n${child.logs().slice(-3000)}`);
      return [...found, ...logs].join("\n\n");
    },
    async close() {
      await Promise.allSettled([...running.values()].map((child) => child.stop()));
      await redis.stop();
      await postgres.stop("immediate");
    },
  };
};
export type House = Awaited<ReturnType<typeof openHouse>>;
