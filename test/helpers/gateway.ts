// The gateway in a real broker on databases of its own, behind a real HTTP server, with small services of the test behind it.
import { type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { vi } from "vitest";
import type { GatewaySettings } from "../../gateway/settings.ts";
import type { Meta } from "../../shared/broker/context.ts";
import type { HttpLimits } from "../../shared/broker/http-server.ts";
import type { Ability, Role } from "../../shared/contracts/accounts.ts";
import type { ActionName } from "../../shared/contracts/index.ts";
import { freshDatabase, freshRedis } from "./infrastructure.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the border where JSON of unknown shape is looked into by a test
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; text and bytes as they are. */
  readonly body?: unknown;
}

/** Stands in for an action of another group. */
export type Fake = (params: Record<string, unknown>, meta: Meta) => unknown;

export interface ServedGateway {
  /** Its HTTP server, with the limits of every process's. */
  readonly server: Server;
  readonly port: number;
  readonly broker: ServiceBroker;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  ask(ask: Ask): Promise<Reply>;
  /** Makes a person; the password is `password`. */
  addUser(email: string, role: Role): Promise<string>;
  /** Signs in and answers the headers of a signed-in request with CSRF token. */
  signIn(email?: string): Promise<{ cookie: string; "x-csrf-token": string }>;
  /** An access token of the owner. */
  token(...abilities: Ability[]): Promise<{ id: string; authorization: string }>;
  /** Tokens of the links that were mailed to an address, the oldest first. */
  linksTo(address: string): Promise<string[]>;
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export const ownerEmail = "owner@example.org";
export const password = "correct horse battery";

/** One HTTP request with full control over its headers. Rejects when the connection breaks. */
export const askPort = (port: number, { method = "GET", path, headers = {}, body }: Ask): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const raw = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const type = raw === undefined || raw === body ? {} : { "content-type": "application/json" };
    const size = raw === undefined ? {} : { "content-length": String(Buffer.byteLength(raw)) };
    const sent = request(
      { host: "127.0.0.1", port, method, path, headers: { ...type, ...size, ...headers } },
      (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("error", reject);
        res.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const isJson = /json/.test(res.headers["content-type"] ?? "");
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            text,
            json: isJson && text ? JSON.parse(text) : undefined,
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(raw);
  });

const fakeServices = async (fakes: Partial<Record<ActionName, Fake>>): Promise<ServiceSchema[]> => {
  const { actionContract } = await import("../../shared/contracts/index.ts");
  const { validate } = await import("../../shared/broker/validate.ts");
  const byService = new Map<string, Record<string, unknown>>();
  for (const [name, fake] of Object.entries(fakes)) {
    const [service = "", verb = ""] = name.split(".");
    const contract = actionContract(name);
    if (!contract) throw new Error(`${name} is in no contract`);
    const handler = (ctx: { params: Record<string, unknown>; meta: Meta }) =>
      fake(validate(contract.params, ctx.params, name) as Record<string, unknown>, ctx.meta);
    byService.set(service, { ...byService.get(service), [verb]: { handler } });
  }
  return [...byService].map(([name, actions]) => ({ name, actions }) as unknown as ServiceSchema);
};

export interface GatewayOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly settings?: Partial<GatewaySettings>;
  readonly fakes?: Partial<Record<ActionName, Fake>>;
  /** A Redis of the test's own, to take away. */
  readonly redisUrl?: string;
  /** Runs before the gateway is made, when modules are read anew: what it changes, this gateway has. */
  readonly prepare?: () => Promise<void>;
}

/** Starts everything. Do not import project files at the top of the test: they read the configuration made here. */
export const serveGateway = async ({
  limits = {},
  settings = {},
  fakes = {},
  redisUrl = freshRedis().url,
  prepare = async () => undefined,
}: GatewayOptions = {}): Promise<ServedGateway> => {
  const database = await freshDatabase();
  process.env.DATABASE_URL = database.url;
  process.env.REDIS_URL = redisUrl;
  process.env.LC_ADMIN_EMAIL = ownerEmail;
  process.env.LC_ADMIN_PASSWORD = password;
  vi.resetModules();
  await prepare();
  const { config } = await import("../../shared/config.ts");
  const { settingsFrom } = await import("../../gateway/settings.ts");
  const { gatewayService, requestListener } = await import("../../gateway/gateway.service.ts");
  const { closeDeps, depsOf } = await import("../../shared/broker/deps.ts");
  const { hashPassword } = await import("../../gateway/accounts/passwords.ts");
  const accounts = await import("../../gateway/accounts/accounts.service.ts");
  const users = await import("../../gateway/accounts/users.service.ts");
  const secondFactor = await import("../../gateway/accounts/second-factor.service.ts");
  const { revealed } = await import("../../shared/messaging/confidential.ts");
  const audit = await import("../../gateway/audit/audit.service.ts");

  const broker = new ServiceBroker({ logger: false });
  for (const schema of await fakeServices(fakes)) broker.createService(schema);
  for (const own of [accounts, users, secondFactor, audit]) broker.createService(own.default);
  const service = broker.createService(gatewayService({ ...settingsFrom(config), ...settings }, config.admin));
  await broker.start();
  const { createHttpServer, httpLimits } = await import("../../shared/broker/http-server.ts");
  const server = createHttpServer({ ...httpLimits, ...limits });
  server.on("request", requestListener(service));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const deps = depsOf(broker);

  const ask = (what: Ask) => askPort(port, what);
  const signIn = async (email = ownerEmail) => {
    const reply = await ask({ method: "POST", path: "/api/v1/auth/login", body: { email, password } });
    if (reply.status !== 200) throw new Error(`sign-in: ${reply.status} ${reply.text}`);
    return {
      cookie: (reply.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "",
      "x-csrf-token": String(reply.json.csrfToken),
    };
  };

  return {
    server,
    port,
    broker,
    redisUrl,
    databaseUrl: database.url,
    ask,
    signIn,
    async addUser(email, role) {
      const id = deps.id();
      await deps.db.raw("insert into accounts.users (id, email, role, password_hash) values (?, ?, ?, ?)", [
        id,
        email,
        role,
        await hashPassword(password),
      ]);
      return id;
    },
    async token(...abilities) {
      const headers = await signIn();
      const reply = await ask({
        method: "POST",
        path: "/api/v1/auth/tokens",
        headers,
        body: { name: "test", abilities },
      });
      if (reply.status !== 201) throw new Error(`token: ${reply.status} ${reply.text}`);
      return { id: String(reply.json.id), authorization: `Bearer ${reply.json.token}` };
    },
    async linksTo(address) {
      const { rows } = await deps.db.raw<{ rows: { vars: Record<string, string> }[] }>(
        "select vars from messaging.messages where address = ? and vars ->> 'link' is not null order by id",
        [address],
      );
      return rows.map(({ vars }) => revealed(config.secretKeys, vars)["link"]?.split("/").at(-1) ?? "");
    },
    sql: async (text, values = []) =>
      (await deps.db.raw<{ rows: Record<string, unknown>[] }>(text, values as never)).rows,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await broker.stop();
      await closeDeps(broker);
      await database.drop();
    },
  };
};
