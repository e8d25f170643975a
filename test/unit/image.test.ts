// railway/Dockerfile, read instead of built: everything that the groups import is in the image, nothing private or built
// elsewhere is, it runs as nobody special on the Node of the lockfile, and starts without fetching anything.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { type Declared, evaluate } from "../../railway/graph.ts";
import { filesInImage, isIgnored, type Stage, stagesOf } from "../../railway/image.ts";
import { reachedFrom, treeAt } from "../../railway/tree.ts";
import { programsOf } from "../../railway/watch-patterns.ts";
import { manifest } from "../architecture/rule.ts";

const root = resolve(import.meta.dirname, "../..");
const tree = treeAt(root);
const dockerfile = tree.read("railway/Dockerfile");
const dockerignore = readFileSync(join(root, ".dockerignore"), "utf8");
const stages = stagesOf(dockerfile);
const image = stages.at(-1) as Stage;
const copied = stages.flatMap(({ copies }) => copies.map(({ source }) => source));
let deployments: readonly Declared[];

beforeAll(async () => {
  const graphs = await Promise.all([evaluate("production"), evaluate("staging")]);
  deployments = graphs.flatMap((graph) => graph.deployments);
});

it("copies only what exists and what .dockerignore lets through", () => {
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(copied.filter((path) => isIgnored(dockerignore, path))).toEqual([]);
});

it("holds every file that a deployment, its migrations and the operator's commands reach", () => {
  const held = filesInImage(tree, image);
  const commands = Object.values((manifest() as unknown as { scripts: Record<string, string> }).scripts).flatMap(
    (line) => /node (scripts\/[\w-]+\.ts|gateway\/\S+\.ts)/.exec(line)?.[1] ?? [],
  );
  const programs = [...deployments.flatMap((deployment) => programsOf(tree, deployment)), ...commands];
  const missing = (files: ReadonlySet<string>) =>
    [...reachedFrom(tree, programs)].filter((path) => !files.has(path) && !path.startsWith("scripts/rehearse"));
  expect(missing(held)).toEqual([]);
  const without = { ...image, copies: image.copies.filter(({ source }) => source !== "shared") };
  expect(missing(filesInImage(tree, without))).toContain("shared/config.ts");
  for (const { kind, command } of deployments)
    if (kind === "caddy") expect(held, command).toContain("railway/Caddyfile");
});

it("keeps out secrets, tests, and what is installed or built elsewhere", () => {
  for (const path of [
    ".env",
    ".git/config",
    "node_modules/pg/index.js",
    "web/dist/index.html",
    "web/node_modules/x.js",
  ])
    expect(isIgnored(dockerignore, path), path).toBe(true);
  for (const path of ["shared/.env.local", "services/email/x.log", "test/run.ts", ".data/secret-keys", "README.md"])
    expect(isIgnored(dockerignore, path), path).toBe(true);
  expect(isIgnored(dockerignore, "web/src/main.tsx")).toBe(false);
  const tracked = execFileSync("git", ["ls-files", "web/dist", "node_modules", ".env"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(tracked, "built and private files are never committed").toBe("");
});

it("runs the lockfile's Node as an ordinary user, and the gateway when nothing else is asked", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  const nodes = stages.map(({ from }) => from).filter((from) => from.startsWith("node:"));
  expect(new Set(nodes)).toEqual(new Set([`node:${lock.packages["node_modules/node"]?.version}-bookworm-slim`]));
  expect(image.user).toBe("node");
  expect(image.command.join(" ")).toBe(deployments.find(({ name }) => name === "gateway")?.command);
});

it("installs by the lockfile without install scripts, leaves development packages out, and fetches nothing later", () => {
  expect(dockerfile).toContain("npm ci --ignore-scripts");
  expect(dockerfile).toContain("npm prune --omit=dev --ignore-scripts");
  const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  expect(last).not.toMatch(/\b(npm|npx|curl|wget|apt-get)\b/);
  expect(dockerfile, "Railway refuses cache mounts without its own ids").not.toContain("--mount=type=cache");
  // A tag that moves would make two builds of one commit differ.
  for (const { from } of stages) expect(from === "packages" || /:\d+\.\d+/.test(from), from).toBe(true);
});
