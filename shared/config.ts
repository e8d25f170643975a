// The only reader of the environment: one table of variables with default, limits and example, checked and frozen.
// A wrong value is an error that names the variable, what was found and what was expected; nothing starts half-configured.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join, resolve } from "node:path";

/** Groups that a variable matters to; `all` stands for every one of them. */
export type Group =
  | "all" | "start" | "gateway" | "contacts" | "campaigns" | "email" | "scheduler" | "sandbox" | "test";

export interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly groups: readonly Group[];
  /** The value when unset, as text; absent means there is none. */
  readonly fallback?: string;
  readonly example?: string;
  readonly secret?: boolean;
  /** Returns what is wrong with the value, or undefined. */
  readonly refuse?: (value: string) => string | undefined;
}

const wholeNumber = (min: number, max: number) => (value: string) =>
  /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max ? undefined : `a whole number from ${min} to ${max}`;
const oneOf = (...allowed: string[]) => (value: string) =>
  allowed.includes(value) ? undefined : `one of ${allowed.join(", ")}`;
const urlWith = (...schemes: string[]) => (value: string) => {
  const parsed = URL.parse(value);
  return parsed && schemes.includes(parsed.protocol.slice(0, -1)) ? undefined : `a URL that starts with ${schemes.map((s) => `${s}://`).join(" or ")}`;
};
const listOf = (refuse: (value: string) => string | undefined) => (value: string) => {
  for (const part of splitList(value)) {
    const wrong = refuse(part);
    if (wrong) return `a comma-separated list, each ${wrong}`;
  }
  return undefined;
};
const splitList = (value: string) => value.split(",").map((part) => part.trim()).filter(Boolean);

/** Every variable the platform reads. README's table and `.env.example` are generated from it. */
export const variables: readonly Variable[] = [
  { name: "PORT", meaning: "Port of the gateway; a group on its own serves its health here only when set", groups: ["all"], example: "3000", refuse: wholeNumber(0, 65535) },
  { name: "DATABASE_URL", meaning: "Postgres 15 or newer; without it `npm start` runs an embedded one", groups: ["all"], example: "postgres://lc:secret@localhost:5432/lc", secret: true, refuse: urlWith("postgres", "postgresql") },
  { name: "REDIS_URL", meaning: "Redis 7 or newer; without it `npm start` runs a private one", groups: ["all"], example: "redis://localhost:6379/0", secret: true, refuse: urlWith("redis", "rediss") },
  { name: "LC_DATA_DIR", meaning: "Folder of the embedded databases, the sandbox's mails and the local keys", groups: ["all"], fallback: ".data" },
  { name: "LC_ADMIN_EMAIL", meaning: "Email of the first owner", groups: ["start", "gateway"], fallback: "owner@learning-center.example" },
  { name: "LC_ADMIN_PASSWORD", meaning: "Password of the first owner; generated and printed once when unset", groups: ["start", "gateway"], secret: true, example: "correct horse battery staple", refuse: (v) => (v.length >= 10 && v.length <= 128 ? undefined : "10 to 128 characters") },
  { name: "LC_SAMPLE", meaning: "`0` starts without sample data", groups: ["start", "campaigns"], fallback: "1", refuse: oneOf("0", "1") },
  { name: "LC_SECRET_KEYS", meaning: "Comma-separated keys of at least 32 characters; the first signs, all verify. Made in the data folder locally, required in production", groups: ["all"], secret: true, refuse: listOf((v) => (v.length >= 32 ? undefined : "key of at least 32 characters")) },
  { name: "LC_EMAIL_PROVIDER", meaning: "What sends email", groups: ["email", "campaigns", "gateway"], fallback: "sandbox", refuse: oneOf("sandbox", "smtp") },
  { name: "LC_SMTP_URLS", meaning: "SMTP servers for LC_EMAIL_PROVIDER=smtp, comma-separated", groups: ["email"], example: "smtps://user:secret@smtp.example.org:465", secret: true, refuse: listOf(urlWith("smtp", "smtps")) },
  { name: "LC_SMTP_CONNECTIONS", meaning: "SMTP connections per email process", groups: ["email"], fallback: "8", refuse: wholeNumber(1, 100) },
  { name: "LC_MAIL_FROM", meaning: "Sender of mail while no sender account is set up", groups: ["email", "campaigns"], fallback: "Learning Center <hello@learning-center.example>" },
  { name: "PUBLIC_URL", meaning: "Address under which recipients reach the gateway: links, hooks. `http://localhost:PORT` when unset", groups: ["gateway", "email", "campaigns"], example: "https://learn.example.org", refuse: urlWith("http", "https") },
  { name: "LC_WEB_URL", meaning: "Address of the web app when it is served elsewhere", groups: ["gateway"], example: "https://app.example.org", refuse: urlWith("http", "https") },
  { name: "LC_WEB_ORIGINS", meaning: "Origins that may call the API from a browser, comma-separated, matched exactly", groups: ["gateway"], example: "https://app.example.org", refuse: listOf(urlWith("http", "https")) },
  { name: "LC_TRUSTED_PROXIES", meaning: "How many proxies in front of the gateway are ours (whose X-Forwarded-For is believed)", groups: ["gateway"], fallback: "0", refuse: wholeNumber(0, 10) },
  { name: "LC_RATE_LIMIT", meaning: "API requests a minute per user, token or address", groups: ["gateway"], fallback: "6000", refuse: wholeNumber(1, 1_000_000) },
  { name: "LC_DOMAIN_RATES", meaning: "Mails a second to a recipient domain, comma-separated", groups: ["email"], example: "gmail.com=20,yahoo.com=5", refuse: listOf((v) => (/^[a-z0-9.-]+=\d+(\.\d+)?$/i.test(v) && Number(v.split("=")[1]) > 0 ? undefined : "domain=number")) },
  { name: "LC_SEND_ALLOWLIST", meaning: "Only these addresses and domains get messages (staging)", groups: ["email", "campaigns"], example: "example.org,me@example.com" },
  { name: "LC_LOG_LEVEL", meaning: "Least level that is logged", groups: ["all"], fallback: "info", refuse: oneOf("trace", "debug", "info", "warn", "error", "fatal") },
  { name: "LC_PROCESSES", meaning: "How `npm start` spreads the groups: `folded` into three processes, all in `one`, or `each` on its own", groups: ["start"], fallback: "folded", refuse: oneOf("folded", "one", "each") },
  { name: "LC_MIGRATE", meaning: "`0`: this process does not bring the schema up to date at start", groups: ["all"], fallback: "1", refuse: oneOf("0", "1") },
  { name: "LC_DB_POOL", meaning: "Postgres connections per process", groups: ["all"], fallback: "10", refuse: wholeNumber(2, 200) },
  { name: "LC_SHUTDOWN_SECONDS", meaning: "How long a process may drain after SIGTERM", groups: ["all"], fallback: "20", refuse: wholeNumber(1, 600) },
  { name: "LC_LEASE_SECONDS", meaning: "How long a process owns a job or message it took, without a sign of life", groups: ["all"], fallback: "30", refuse: wholeNumber(3, 600) },
  { name: "CHROME_PATH", meaning: "Chromium for the browser tests", groups: ["test"], example: "/usr/bin/chromium" },
  { name: "NODE_ENV", meaning: "`production` demands keys and a provider", groups: ["all"], fallback: "development", refuse: oneOf("development", "production", "test") },
  { name: "RAILWAY_REPLICA_ID", meaning: "Set by Railway: name of this replica in logs", groups: ["all"] },
];

/** A variable whose value is missing or not permitted. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

const readDotEnv = () => {
  if (existsSync(".env")) process.loadEnvFile(".env");
};

const read = (name: string): string | undefined => {
  const variable = variables.find((v) => v.name === name);
  if (!variable) throw new ConfigError(`${name} is not in the table of variables`);
  const value = process.env[name]?.trim() || variable.fallback;
  const wanted = value === undefined ? undefined : variable.refuse?.(value);
  if (wanted) {
    const shown = variable.secret ? "a value" : `"${value}"`;
    throw new ConfigError(`${name} has ${shown} that cannot be used: expected ${wanted}${variable.example ? `, for example ${variable.example}` : ""}`);
  }
  return value;
};

const need = (name: string): string => {
  const value = read(name);
  if (value === undefined) throw new ConfigError(`${name} is not set`);
  return value;
};

/** Locally the keys lie in the data folder, made once; in production they must be given. */
const secretKeys = (dataDir: string, production: boolean): readonly string[] => {
  const given = read("LC_SECRET_KEYS");
  if (given) return splitList(given);
  if (production) throw new ConfigError("LC_SECRET_KEYS is not set: production needs it, so that links stay valid over deployments. Make one with: npm run key:generate");
  const file = join(dataDir, "secret-keys");
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(file, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  }
  return splitList(readFileSync(file, "utf8").replaceAll("\n", ","));
};

const load = () => {
  readDotEnv();
  const environment = need("NODE_ENV") as "development" | "production" | "test";
  const production = environment === "production";
  const dataDir = resolve(need("LC_DATA_DIR"));
  const port = read("PORT");
  const webUrl = read("LC_WEB_URL");
  const publicUrl = (read("PUBLIC_URL") ?? `http://localhost:${port ?? "3000"}`).replace(/\/+$/, "");
  if (production && !read("PUBLIC_URL")) throw new ConfigError("PUBLIC_URL is not set: in production it is the address that recipients' links lead to, for example https://learn.example.org");
  return Object.freeze({
    environment,
    production,
    port: port === undefined ? undefined : Number(port),
    databaseUrl: read("DATABASE_URL"),
    redisUrl: read("REDIS_URL"),
    dataDir,
    admin: Object.freeze({ email: need("LC_ADMIN_EMAIL"), password: read("LC_ADMIN_PASSWORD") }),
    sample: need("LC_SAMPLE") === "1",
    secretKeys: Object.freeze(secretKeys(dataDir, production)),
    emailProvider: need("LC_EMAIL_PROVIDER") as "sandbox" | "smtp",
    smtpUrls: Object.freeze(splitList(read("LC_SMTP_URLS") ?? "")),
    smtpConnections: Number(need("LC_SMTP_CONNECTIONS")),
    mailFrom: need("LC_MAIL_FROM"),
    publicUrl,
    webUrl,
    webOrigins: Object.freeze(splitList(read("LC_WEB_ORIGINS") ?? "")),
    trustedProxies: Number(need("LC_TRUSTED_PROXIES")),
    rateLimitPerMinute: Number(need("LC_RATE_LIMIT")),
    domainRates: new Map(splitList(read("LC_DOMAIN_RATES") ?? "").map((entry) => [(entry.split("=")[0] as string).toLowerCase(), Number(entry.split("=")[1])] as const)) as ReadonlyMap<string, number>,
    sendAllowlist: Object.freeze(splitList(read("LC_SEND_ALLOWLIST") ?? "").map((entry) => entry.toLowerCase())),
    logLevel: need("LC_LOG_LEVEL"),
    processes: need("LC_PROCESSES") as "folded" | "one" | "each",
    migrate: need("LC_MIGRATE") === "1",
    dbPool: Number(need("LC_DB_POOL")),
    shutdownSeconds: Number(need("LC_SHUTDOWN_SECONDS")),
    leaseSeconds: Number(need("LC_LEASE_SECONDS")),
    chromePath: read("CHROME_PATH"),
    replica: read("RAILWAY_REPLICA_ID") ?? `${hostname()}-${process.pid}`,
  });
};

/** What this process runs with. Read once, at import; throws ConfigError when a variable is wrong. */
export const config = load();
export type Config = typeof config;

/** The environment for a child process: this one's, with changes. For the supervisor and the tests. */
export const environmentWith = (changes: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv => {
  const merged: NodeJS.ProcessEnv = { ...process.env, ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete merged[name];
  return merged;
};
