// The only reader of the environment: checked against the table of variables, and frozen.
// A wrong value is an error that names the variable, what was found and what was expected; nothing starts half-configured.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { readKeep } from "./backup-variables.ts";
import { readEnvironment } from "./environment.ts";
import { splitList, variables } from "./variables.ts";
import { wrongLines } from "./wrong-variables.ts";

export { environmentWith } from "./environment.ts";
export { variables } from "./variables.ts";

/** Variables whose values are missing or not permitted: a line for each. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

const refuseWrong = (): void => {
  const lines = wrongLines(readEnvironment());
  if (lines.length > 0) throw new ConfigError(lines.join("\n"));
};

const readDotEnv = () => {
  if (existsSync(".env")) process.loadEnvFile(".env");
};

const read = (name: string): string | undefined => {
  const variable = variables.find((v) => v.name === name);
  if (!variable) throw new ConfigError(`${name} is not in the table of variables`);
  return process.env[name]?.trim() || variable.fallback;
};

const need = (name: string): string => {
  const value = read(name);
  if (value === undefined) throw new ConfigError(`${name} is not set`);
  return value;
};

/** Locally the keys lie in the data folder, made once; production was refused without them. */
const secretKeys = (dataDir: string): readonly string[] => {
  const given = read("LC_SECRET_KEYS");
  if (given) return splitList(given);
  const file = join(dataDir, "secret-keys");
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!existsSync(file))
      writeFileSync(file, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    // Another process may have made them at the same moment.
    if (!existsSync(file)) throw unusable(dataDir, error);
  }
  try {
    return splitList(readFileSync(file, "utf8").replaceAll("\n", ","));
  } catch (error) {
    throw unusable(dataDir, error);
  }
};

/** The data folder belongs to somebody else, is a file, or its disk is full. */
const unusable = (dataDir: string, error: unknown): Error => {
  const { code, path } = error as { code?: string; path?: string };
  if (!code) return error as Error;
  return new ConfigError(
    `The data folder ${dataDir} cannot be used (${code}${path ? ` at ${path}` : ""}): make it one that this user may write, or set LC_DATA_DIR to another.`,
  );
};

const load = () => {
  readDotEnv();
  refuseWrong();
  const environment = need("NODE_ENV") as "development" | "production" | "test";
  const production = environment === "production";
  const dataDir = resolve(need("LC_DATA_DIR"));
  const port = read("PORT");
  const webUrl = read("LC_WEB_URL");
  const publicUrl = (read("PUBLIC_URL") ?? `http://localhost:${port ?? "3000"}`).replace(/\/+$/, "");
  return Object.freeze({
    environment,
    production,
    debug: need("LC_DEBUG") === "1",
    port: port === undefined ? undefined : Number(port),
    databaseUrl: read("DATABASE_URL"),
    redisUrl: read("REDIS_URL"),
    dataDir,
    admin: Object.freeze({ email: need("LC_ADMIN_EMAIL"), password: read("LC_ADMIN_PASSWORD") }),
    sample: need("LC_SAMPLE") === "1",
    token: read("LC_TOKEN"),
    sentryDsn: read("SENTRY_DSN"),
    metricsToken: read("LC_METRICS_TOKEN"),
    tracing: Object.freeze({
      endpoint: read("OTEL_EXPORTER_OTLP_ENDPOINT"),
      serviceName: need("OTEL_SERVICE_NAME"),
      sampler: need("OTEL_TRACES_SAMPLER"),
      ratio: Number(need("OTEL_TRACES_SAMPLER_ARG")),
      trustCallers: need("LC_TRUST_TRACEPARENT") === "1",
    }),
    secretKeys: Object.freeze(secretKeys(dataDir)),
    emailProvider: need("LC_EMAIL_PROVIDER") as "sandbox" | "smtp" | "resend" | "postmark",
    smtpUrls: Object.freeze(splitList(read("LC_SMTP_URLS") ?? "")),
    smtpConnections: Number(need("LC_SMTP_CONNECTIONS")),
    resend: Object.freeze({ apiKey: read("RESEND_API_KEY"), url: need("LC_RESEND_URL") }),
    postmark: Object.freeze({
      token: read("POSTMARK_TOKEN"),
      url: need("LC_POSTMARK_URL"),
      bulkStream: need("LC_POSTMARK_STREAM"),
    }),
    webhooks: Object.freeze({
      resendSecrets: Object.freeze(splitList(read("LC_RESEND_WEBHOOK_SECRET") ?? "")),
      postmarkLogins: Object.freeze(splitList(read("LC_POSTMARK_WEBHOOK_LOGIN") ?? "")),
      sesTopics: Object.freeze(splitList(read("LC_SES_TOPICS") ?? "")),
      sendgridKeys: Object.freeze(splitList(read("LC_SENDGRID_WEBHOOK_KEY") ?? "")),
    }),
    bounceAddress: read("LC_BOUNCE_ADDRESS")?.toLowerCase(),
    inboundImapUrl: read("LC_INBOUND_IMAP_URL"),
    publicUrl,
    webUrl,
    webOrigins: Object.freeze(splitList(read("LC_WEB_ORIGINS") ?? "")),
    trustedProxies: Number(need("LC_TRUSTED_PROXIES")),
    rateLimitPerMinute: Number(need("LC_RATE_LIMIT")),
    historyDays: Number(need("LC_HISTORY_DAYS")),
    backup: Object.freeze({
      s3Url: read("LC_S3_URL"),
      backupDir: read("LC_BACKUP_DIR"),
      keep: readKeep(need("LC_BACKUP_KEEP")) ?? { daily: 7, weekly: 4, monthly: 6 },
    }),
    limits: Object.freeze({
      jobs: Number(need("LC_MAX_QUEUED_JOBS")),
      messages: Number(need("LC_MAX_QUEUED_MESSAGES")),
      events: Number(need("LC_MAX_QUEUED_EVENTS")),
    }),
    domainRates: new Map(
      splitList(read("LC_DOMAIN_RATES") ?? "").map(
        (entry) => [(entry.split("=")[0] as string).toLowerCase(), Number(entry.split("=")[1])] as const,
      ),
    ) as ReadonlyMap<string, number>,
    dnsServers: Object.freeze(splitList(read("LC_DNS_SERVERS") ?? "")),
    sendAllowlist: Object.freeze(splitList(read("LC_SEND_ALLOWLIST") ?? "").map((entry) => entry.toLowerCase())),
    logLevel: need("LC_LOG_LEVEL"),
    processes: need("LC_PROCESSES") as "folded" | "one" | "each",
    migrate: need("LC_MIGRATE") === "1",
    dbPool: Number(need("LC_DB_POOL")),
    shutdownSeconds: Number(need("LC_SHUTDOWN_SECONDS")),
    lingerSeconds: Number(need("LC_LINGER_SECONDS")),
    leaseSeconds: Number(need("LC_LEASE_SECONDS")),
    chromePath: read("CHROME_PATH"),
    onRailway: read("RAILWAY_ENVIRONMENT_NAME") !== undefined,
    replica: read("RAILWAY_REPLICA_ID") ?? `${hostname()}-${process.pid}`,
  });
};

/** What this process runs with. Read once, at import; throws ConfigError when a variable is wrong. */
export const config = load();
export type Config = typeof config;
