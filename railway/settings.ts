// The variables of each deployment: exactly those of the table in shared/variables.ts that its groups need. Values that
// all must agree on are shared variables of the environment; optional ones keep what the dashboard holds.
import type { VariableValue } from "railway/iac";
import { type Variable, variables } from "../shared/variables.ts";
import type { Deployment, EnvironmentName } from "./layout.ts";

/** Seconds from SIGTERM to SIGKILL; Railway's own default is none. */
export const drainingSeconds = 30;
/** What a process may use of them; the rest is for closing connections. */
export const shutdownSeconds = drainingSeconds - 10;
/** Seconds that the old version keeps running beside the new one. */
export const overlapSeconds = 15;
/** For how many of the draining seconds it still takes new requests, until everybody has noticed that it goes. */
const lingerSeconds = "5";
/** On the first deployment the gateway waits for all others, which are still being built. */
export const healthSeconds = 600;

const literal = (value: string): VariableValue => ({ type: "literal", value });
const shared = (name: string): VariableValue => ({ type: "sharedReference", name });
const reference = (resource: `${"database" | "service"}.${string}`, output: string): VariableValue => ({
  type: "reference",
  resource,
  output,
});
/** Keeps what is set in Railway; nothing when nothing is. Without it, applying the project would delete the variable. */
const kept: VariableValue = { type: "preserve" };

/** Refused in production, or set by Railway itself. */
const isDeployed = (name: string): boolean => name !== "LC_DEBUG" && !name.startsWith("RAILWAY_");

/** The environment's shared variables that must be set before the first deployment, and what they are. */
export const sharedVariables = (environment: EnvironmentName): Readonly<Record<string, string>> => ({
  LC_SECRET_KEYS: "a key from `npm run key:generate`; sealed",
  PUBLIC_URL: "https:// and the domain of `web`",
  LC_ADMIN_EMAIL: "email of the first owner",
  ...(environment === "staging"
    ? { LC_SEND_ALLOWLIST: "addresses and domains that staging may write to" }
    : { LC_EMAIL_PROVIDER: "resend, postmark, or smtp on the Pro plan" }),
});

const settingOf = ({ name }: Variable, deployment: Deployment, environment: EnvironmentName): VariableValue => {
  const staging = environment === "staging";
  const fixed: Readonly<Record<string, string>> = {
    NODE_ENV: "production",
    PORT: String(deployment.port),
    // The schema is brought up to date once, before the new version starts.
    LC_MIGRATE: "0",
    LC_SHUTDOWN_SECONDS: String(shutdownSeconds),
    LC_DB_POOL: String(deployment.size.pool),
    LC_LINGER_SECONDS: lingerSeconds,
    // Railway's edge; Caddy, which stands between in production, passes on one address only.
    LC_TRUSTED_PROXIES: "1",
    ...(staging ? { LC_EMAIL_PROVIDER: "sandbox" } : {}),
  };
  if (fixed[name] !== undefined) return literal(fixed[name]);
  if (name === "DATABASE_URL") return reference("database.Postgres", "DATABASE_URL");
  if (name === "REDIS_URL") return reference("database.Redis", "REDIS_URL");
  return name in sharedVariables(environment) ? shared(name) : kept;
};

/** The names of the table that some groups need. */
export const namesFor = (groups: readonly string[]): readonly string[] =>
  variables
    .filter(({ name }) => isDeployed(name))
    .filter((variable) => variable.groups.some((group) => group === "all" || groups.includes(group)))
    .map(({ name }) => name);

/** What railway/Caddyfile reads: its port, where the gateway is, and optionally who may say whom a request came from. */
const caddyVariables = (port: number): Readonly<Record<string, VariableValue>> => ({
  PORT: literal(String(port)),
  LC_GATEWAY_HOST: reference("service.gateway", "RAILWAY_PRIVATE_DOMAIN"),
  LC_GATEWAY_PORT: reference("service.gateway", "PORT"),
  LC_LINGER_SECONDS: literal(lingerSeconds),
  LC_EDGE_RANGES: kept,
});

/** Every variable of a deployment, by name. */
export const variablesFor = (
  deployment: Deployment,
  environment: EnvironmentName,
): Readonly<Record<string, VariableValue>> => {
  if (deployment.kind === "caddy") return caddyVariables(deployment.port);
  const names = new Set(namesFor(deployment.groups));
  return Object.fromEntries(
    variables
      .filter(({ name }) => names.has(name))
      .map((variable) => [variable.name, settingOf(variable, deployment, environment)]),
  );
};
