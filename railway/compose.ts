// `node railway/compose.ts`, part of `npm run docs`: writes the part of docker-compose.yml that runs the platform itself,
// from the same graph that Railway gets: the same image, names, start commands, variables, limits and times.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { VariableValue } from "railway/iac";
import { type Declared, evaluate } from "./graph.ts";

const begin = "  # generated: the platform itself, as on Railway (npm run docs)";
const end = "  # end";

/** What Railway's references are called in compose's own network. */
const addresses: Readonly<Record<string, string>> = {
  "database.Postgres.DATABASE_URL": "postgres://lc:lc@postgres:5432/lc",
  "database.Redis.REDIS_URL": "redis://redis:6379/0",
  "service.gateway.RAILWAY_PRIVATE_DOMAIN": "gateway",
  "service.gateway.PORT": "3000",
};

/** What .env or the shell holds, else the fallback. */
const orElse = (name: string, fallback: string) => `\${${name}:-${fallback}}`;

/** A volume that stays, as the image has it for its user. */
const backupFolder = "/backups";

/**
 * Where compose differs: a laptop may run it as development, mail is caught unless a provider is set, no edge stands before
 * Caddy that could say for whom it speaks, and there is a disk that stays, for backups.
 */
const own: Readonly<Record<string, string>> = {
  NODE_ENV: orElse("LC_COMPOSE_ENVIRONMENT", "production"),
  LC_EMAIL_PROVIDER: orElse("LC_EMAIL_PROVIDER", "smtp"),
  LC_SMTP_URLS: orElse("LC_SMTP_URLS", "smtp://mail:1025"),
  LC_EDGE_RANGES: orElse("LC_EDGE_RANGES", "192.0.2.1/32"),
  LC_BACKUP_DIR: backupFolder,
};

/** A value in compose; undefined passes on what .env or the shell holds, and nothing when they hold nothing. */
const valueIn = (name: string, value: VariableValue): string | undefined => {
  if (own[name]) return own[name];
  if (value.type === "reference") {
    const address = addresses[`${value.resource}.${value.output}`];
    if (!address) throw new Error(`docker-compose.yml has nothing for ${value.resource}.${value.output}`);
    return address;
  }
  return value.type === "literal" ? (value.value ?? "") : undefined;
};

const variableLines = (variables: Readonly<Record<string, VariableValue>>, indent: string): string[] =>
  Object.entries(variables).map(([name, value]) => {
    const text = valueIn(name, value);
    return `${indent}${name}:${text === undefined ? "" : ` ${JSON.stringify(text)}`}`;
  });

/** The variables that every process of Node has alike. */
const commonTo = (deployments: readonly Declared[]): Readonly<Record<string, VariableValue>> => {
  const [first, ...others] = deployments.filter(({ kind }) => kind === "node");
  const alike = (name: string, value: VariableValue) =>
    others.every(({ variables }) => JSON.stringify(variables[name]) === JSON.stringify(value));
  return Object.fromEntries(Object.entries(first?.variables ?? {}).filter(([name, value]) => alike(name, value)));
};

const words = (command: string): string =>
  `[${command
    .split(" ")
    .map((word) => JSON.stringify(word))
    .join(", ")}]`;

const serviceLines = (deployment: Declared, common: Readonly<Record<string, VariableValue>>): string[] => {
  const { name, kind, command, port, health, size, drainingSeconds, variables } = deployment;
  const further = Object.fromEntries(Object.entries(variables).filter(([key]) => !(key in common)));
  const answers = `fetch('http://127.0.0.1:${port}${health}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
  return [
    "",
    `  ${name}:`,
    "    <<: *platform",
    `    command: ${words(command)}`,
    `    stop_grace_period: ${drainingSeconds}s`,
    `    mem_limit: ${size.memoryMb}m`,
    "    environment:",
    ...(kind === "node" ? ["      <<: *everywhere"] : []),
    ...variableLines(kind === "node" ? further : variables, "      "),
    ...("LC_BACKUP_DIR" in further ? ["    volumes:", `      - backups:${backupFolder}`] : []),
    ...(kind === "node"
      ? ["    depends_on:", "      migrate: { condition: service_completed_successfully }"]
      : ["    ports:", `      - "127.0.0.1:${orElse("LC_COMPOSE_WEB_PORT", "8080")}:${port}"`]),
    "    healthcheck:",
    `      test: ["CMD", "node", "-e", ${JSON.stringify(answers)}]`,
    "      interval: 10s",
    "      timeout: 5s",
    "      retries: 30",
  ];
};

/** The services of the `app` profile, for production's deployments. */
export const composeServices = (deployments: readonly Declared[]): string => {
  const common = commonTo(deployments);
  const before = deployments.flatMap(({ node }) => node.deploy?.preDeployCommand ?? []);
  return [
    begin,
    "  migrate:",
    "    <<: *platform",
    '    restart: "no"',
    `    command: ${words(before[0] ?? "")}`,
    "    environment:",
    "      &everywhere",
    ...variableLines(common, "      "),
    "    depends_on:",
    "      postgres: { condition: service_healthy }",
    "      redis: { condition: service_healthy }",
    ...deployments.flatMap((deployment) => serviceLines(deployment, common)),
    end,
  ].join("\n");
};

/** docker-compose.yml with its generated part as the graph demands it today. Throws when the marks are missing. */
export const composeFile = (text: string, deployments: readonly Declared[]): string => {
  const from = text.indexOf(begin);
  const to = text.indexOf(`\n${end}\n`, from);
  if (from < 0 || to < 0) throw new Error(`docker-compose.yml lacks the marks "${begin.trim()}" and "${end.trim()}"`);
  return `${text.slice(0, from)}${composeServices(deployments)}${text.slice(to + end.length + 1)}`;
};

if (process.argv[1] === import.meta.filename) {
  const path = resolve(import.meta.dirname, "../docker-compose.yml");
  const { deployments } = await evaluate("production");
  writeFileSync(path, composeFile(readFileSync(path, "utf8"), deployments));
}
