// The deployment as code: it evaluates without an account, nothing in it is stale, and breaking any part of it in a copy
// leads to a finding that names it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRailwayContext, project } from "railway/iac";
import { beforeAll, expect, it } from "vitest";
import railway from "../../.railway/railway.ts";
import { connectionsOf, findings } from "../../railway/checks.ts";
import { type Declared, type Evaluated, evaluate } from "../../railway/graph.ts";
import { environments } from "../../railway/layout.ts";
import { resourcesFor } from "../../railway/project.ts";
import { reachedFrom, type Tree, treeAt } from "../../railway/tree.ts";
import { covers, programsOf, watchedSource } from "../../railway/watch-patterns.ts";

const root = resolve(import.meta.dirname, "../..");
const tree = treeAt(root);
const installed = (path: string) => existsSync(join(root, path));
const graphs = {} as Record<(typeof environments)[number], Evaluated>;

beforeAll(async () => {
  for (const environment of environments) graphs[environment] = await evaluate(environment);
});

/** What the checks say of production with one deployment changed. */
const broken = (name: string, change: (deployment: Declared) => Declared, seen: Tree = tree) =>
  findings(
    {
      ...graphs.production,
      deployments: graphs.production.deployments.map((each) => (each.name === name ? change(each) : each)),
    },
    seen,
    installed,
  );
const without = (path: string): Tree => ({ ...tree, files: new Set([...tree.files].filter((file) => file !== path)) });

it("evaluates both environments offline, and finds nothing stale in them", () => {
  const names = ({ deployments }: Evaluated) => deployments.map(({ name }) => name).sort();
  expect(names(graphs.production)).toEqual(["campaigns", "contacts", "email", "gateway", "scheduler", "web"]);
  expect(names(graphs.staging)).toEqual(["scheduler", "sending", "web"]);
  for (const environment of environments) expect(findings(graphs[environment], tree, installed)).toEqual([]);
});

it("is read by Railway's command line: one environment at a time, or all at once with their scopes", async () => {
  const addresses = async (context: object) => {
    const { resources = [] } = await railway(createRailwayContext(context), project);
    return (resources.flat() as { address: string; environments?: string[] }[]).map(
      ({ address, environments: scope }) => (scope ? `${address} ${scope}` : address),
    );
  };
  expect(await addresses({ environment: "staging" })).not.toContain("service.gateway");
  const scoped = await addresses({ environment: "staging", pr: null });
  expect(scoped).toContain("service.gateway production");
  expect(scoped).toContain("service.sending staging");
  expect(scoped).toContain("service.web");
  expect((await addresses({ environment: "production", pr: null })).sort()).toEqual([...scoped].sort());
  expect(() => railway(createRailwayContext({}), project)).toThrow("railway upgrade");
  expect(() => railway(createRailwayContext({ environment: "dev" }), project)).toThrow('no environment "dev"');
});

it("builds from the repository that package.json names, in whatever form, and from uploads without one", () => {
  const folder = mkdtempSync(join(tmpdir(), "lc-graph-"));
  const sourceFor = (repository: unknown) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ repository }));
    return resourcesFor("production", folder).find(({ address }) => address === "service.web");
  };
  try {
    const forms = ["github:a-b/c.d", "a-b/c.d", "https://github.com/a-b/c.d.git", "git@github.com:a-b/c.d.git"];
    for (const form of [...forms, { type: "git", url: "git+https://github.com/a-b/c.d.git" }])
      expect(sourceFor(form), JSON.stringify(form)).toMatchObject({ source: { type: "github", repo: "a-b/c.d" } });
    expect(sourceFor(undefined)).not.toHaveProperty("source");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("starts every process directly, and migrates before exactly one of them", () => {
  for (const { deployments } of Object.values(graphs)) {
    for (const { command } of deployments) expect(command).toMatch(/^(node node_modules\/moleculer\/|caddy run )/);
    const migrating = deployments.filter(({ node }) => node.deploy?.preDeployCommand);
    expect(migrating.map(({ node }) => node.deploy?.preDeployCommand)).toEqual([["node scripts/migrate.ts"]]);
    expect(migrating[0]?.groups).toContain("gateway");
  }
});

it("gives staging one replica each, the sandbox and the allow-list, and production neither", () => {
  const { production, staging } = graphs;
  expect(staging.deployments.map(({ size }) => size.to)).toEqual([1, 1, 1]);
  expect(staging.deployments.flatMap(({ groups }) => groups)).toContain("sandbox");
  expect(production.deployments.flatMap(({ groups }) => groups)).not.toContain("sandbox");
  const of = ({ deployments }: Evaluated, name: string) => deployments.find((each) => each.name === name)?.variables;
  expect(of(staging, "sending")).toMatchObject({
    LC_SEND_ALLOWLIST: { type: "sharedReference", name: "LC_SEND_ALLOWLIST" },
    LC_EMAIL_PROVIDER: { type: "literal", value: "sandbox" },
  });
  expect(of(production, "email")).toMatchObject({
    LC_SEND_ALLOWLIST: { type: "preserve" },
    LC_EMAIL_PROVIDER: { type: "sharedReference", name: "LC_EMAIL_PROVIDER" },
    DATABASE_URL: { type: "reference", resource: "database.Postgres", output: "DATABASE_URL" },
    RESEND_API_KEY: { type: "preserve" },
  });
  expect(of(production, "contacts")).not.toHaveProperty("RESEND_API_KEY");
});

it("notices a path or a command that went stale", () => {
  const start = (command: string) => broken("email", (each) => ({ ...each, command }));
  expect(start("node services/mail/run.js")).toContain(
    'email names services/mail/run.js in "node services/mail/run.js", which does not exist',
  );
  expect(start("npm start")[0]).toBe(
    'email starts with "npm": begin with node or caddy themselves, or SIGTERM never reaches them',
  );
  expect(broken("gateway", (each) => each, without("scripts/migrate.ts"))[0]).toMatch(/scripts\/migrate\.ts/);
  expect(broken("web", (each) => each, without("railway/Dockerfile"))).toContain(
    "web is built from railway/Dockerfile, which does not exist",
  );
  expect(broken("web", (each) => each, without("railway/Caddyfile"))[0]).toMatch(/^web names railway\/Caddyfile/);
  expect(broken("email", (each) => ({ ...each, folders: ["services/letters"] }))).toContain(
    "email runs services/letters, which holds no service",
  );
});

it("notices a group that nothing runs", () => {
  const more = { ...tree, files: new Set([...tree.files, "services/fax/fax.service.ts"]) };
  expect(broken("email", (each) => each, more)).toContain(
    "fax runs in 0 deployments instead of 1: see railway/layout.ts",
  );
});

it("notices a variable that is missing, too much, refused or unresolved", () => {
  const variables = (change: Partial<Declared["variables"]>) =>
    broken("email", (each) => ({ ...each, variables: { ...each.variables, ...change } as Declared["variables"] }));
  const { REDIS_URL: _, ...rest } = graphs.production.deployments.find(({ name }) => name === "email")?.variables ?? {};
  expect(broken("email", (each) => ({ ...each, variables: rest }))).toEqual([
    "email lacks REDIS_URL, which it reads by shared/variables.ts or railway/Caddyfile",
  ]);
  expect(variables({ LC_HISTORY_DAYS: { type: "preserve" } })).toEqual([
    "email has LC_HISTORY_DAYS, which it does not read: add its group in shared/variables.ts or drop it",
  ]);
  expect(variables({ LC_DB_POOL: { type: "literal", value: "many" } })[0]).toMatch(/^email sets LC_DB_POOL to "many"/);
  expect(variables({ REDIS_URL: { type: "reference", resource: "database.Redis", output: "REDIS_HOST" } })).toEqual([
    "email takes REDIS_URL from database.Redis.REDIS_HOST, which nothing provides",
  ]);
  expect(variables({ DATABASE_URL: { type: "reference", resource: "database.Pg", output: "DATABASE_URL" } })).toEqual([
    "email takes DATABASE_URL from database.Pg.DATABASE_URL, which nothing provides",
  ]);
  expect(variables({ SENTRY_DSN: { type: "sharedReference", name: "SENTRY" } })[0]).toMatch(
    /SENTRY, which the runbook/,
  );
});

it("notices times that cut work short, a lost health check and pools that Postgres has no room for", () => {
  const deploy = (change: object) =>
    broken("email", (each) => ({ ...each, node: { ...each.node, deploy: { ...each.node.deploy, ...change } } }));
  expect(broken("email", (each) => ({ ...each, drainingSeconds: 10 }))).toEqual([
    "email is killed 10 s after SIGTERM, before its 20 s of draining end",
  ]);
  expect(broken("web", (each) => ({ ...each, overlapSeconds: 0 }))[0]).toMatch(/^web has no draining or no overlap/);
  expect(deploy({ healthcheckPath: undefined })[0]).toMatch(/^email has no health check/);
  expect(deploy({ preDeployCommand: ["node scripts/migrate.ts"] })).toEqual([
    "2 deployments migrate before they start; it must be one",
  ]);
  expect(deploy({ restartPolicyType: "ON_FAILURE" })[0]).toMatch(/^email declares Railway's default restart policy/);
  expect(broken("email", (each) => ({ ...each, replicas: 4 }))[0]).toMatch(/Postgres connections while old and new/);
  expect(connectionsOf(graphs.production.deployments)).toBe(2 * (7 + 5 + 5 + 5 + 5 + 5 * 4));
});

it("notices watch patterns that the import graph has left behind", () => {
  const importing: Tree = {
    files: new Set([...tree.files, "shared/fax/line.ts"]),
    read: (path) => {
      if (path === "shared/fax/line.ts") return "// A line.\n";
      const more = path === "services/email/email.service.ts" ? '\nawait import("../../shared/fax/line.ts");\n' : "";
      return tree.read(path) + more;
    },
  };
  expect(broken("email", (each) => each, importing)).toEqual([
    "email would not be built anew when shared/fax/line.ts changes: run npm run docs",
  ]);
  const watching = (patterns: readonly string[]) =>
    broken("email", (each) => ({ ...each, watchPatterns: [...each.watchPatterns, ...patterns] }));
  expect(watching(["/backend/**"])).toEqual(["email watches /backend/**, which matches no file: run npm run docs"]);
  expect(watching(["/gateway/**"])).toEqual(["email watches /gateway/**, which it does not use: run npm run docs"]);
  expect(
    broken("web", (each) => ({ ...each, watchPatterns: each.watchPatterns.filter((one) => one !== "/web/**") })),
  ).toEqual(["web does not watch /web/**: run npm run docs"]);
});

it("has watch patterns that say what a fresh run of the generator says", () => {
  expect(readFileSync(join(root, "railway/watched.ts"), "utf8"), "run npm run docs").toBe(watchedSource(tree, root));
});

it("follows workers and imports that are made late, and no further than folders go", () => {
  const campaigns = graphs.production.deployments.find(({ name }) => name === "campaigns") as Declared;
  const reached = reachedFrom(tree, programsOf(tree, campaigns));
  expect(reached).toContain("services/campaigns/templates/mjml-worker.ts");
  expect(reached).not.toContain("gateway/gateway.service.ts");
  expect(covers("/shared/jobs/*.ts", "shared/jobs/relay.ts")).toBe(true);
  expect(covers("/shared/*.ts", "shared/jobs/relay.ts")).toBe(false);
});
