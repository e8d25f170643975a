// `npm run rehearse`: the deployment without a deployment. Each environment of the project graph runs on a private network
// of its own, which has no way out, and is judged: exit code 1 when a request failed, a mail was lost or doubled, a
// process ended as it should not, or something took too long.
// `-- --quick` for a minute, `--environment staging`, `--rounds 3`, `--rate 100`, `--only gateway,web`.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findProgram } from "../../scripts/start/packages.ts";
import { buildWeb } from "../../scripts/start/web.ts";
import { ensureCaddy, ensureNetworkTools, ensurePostgres, ensureRedis } from "../helpers/infrastructure-packages.ts";
import { type Flags, readFlags } from "./flags.ts";
import { findingsOf, type Rehearsal, tablesOf } from "./report.ts";

const root = resolve(import.meta.dirname, "../..");
const args = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};

const flagsOf = (): Flags => {
  try {
    return readFlags(args);
  } catch (error) {
    return fail((error as Error).message);
  }
};

/** Everything that is needed, from before there is no way out. */
const prepare = async (): Promise<void> => {
  if (process.platform !== "linux")
    fail("The rehearsal needs Linux: every service gets a network namespace of its own.");
  if (process.getuid?.() !== 0) fail("The rehearsal needs root, to make a private network: sudo npm run rehearse");
  await ensureNetworkTools();
  await ensureRedis();
  await ensurePostgres();
  await ensureCaddy();
  const missing = ["ip", "unshare", "redis-server", "caddy"].filter((name) => !findProgram(name));
  if (missing.length > 0) fail(`The rehearsal needs ${missing.join(", ")} on the PATH, and could not install it.`);
  await buildWeb(root, new AbortController().signal);
  if (!existsSync(join(root, "web/dist/index.html"))) fail("The web app could not be built: see above.");
};

const running = new Set<ChildProcess>();
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    stopped = true;
    // Their channels close; they end, and the kernel ends whatever they had started.
    for (const child of running) if (child.connected) child.disconnect();
  });

const runInside = (environment: string, runDir: string): Promise<number> =>
  new Promise((done) => {
    const spaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const program = [process.execPath, resolve(import.meta.dirname, "inside.ts"), runDir, environment, ...args];
    // In a group of its own: Ctrl-C in the terminal reaches this process alone.
    const child = spawn("unshare", [...spaces, ...program], {
      cwd: root,
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    running.add(child);
    const over = (code: number | null) => {
      running.delete(child);
      done(code ?? 1);
    };
    child.on("error", () => over(1));
    child.on("exit", over);
  });

const rehearseIn = async (environment: string): Promise<Rehearsal | undefined> => {
  const runDir = mkdtempSync(join(tmpdir(), "lc-rehearse-"));
  // Postgres runs as another user below it.
  chmodSync(runDir, 0o755);
  try {
    if ((await runInside(environment, runDir)) !== 0) return undefined;
    return JSON.parse(readFileSync(join(runDir, "result.json"), "utf8")) as Rehearsal;
  } finally {
    rmSync(runDir, { recursive: true, force: true });
  }
};

const flags = flagsOf();
await prepare();
const findings: string[] = [];
const judge = async (environment: string): Promise<void> => {
  if (stopped) return;
  const rehearsal = await rehearseIn(environment);
  if (!rehearsal) {
    findings.push(`${environment}: the rehearsal broke off; see above`);
    return;
  }
  say(`\n${tablesOf(rehearsal)}\n`);
  findings.push(...findingsOf(rehearsal));
};
// In small they share the machine; in full each is measured alone.
if (flags.quick) await Promise.all(flags.environments.map(judge));
else for (const environment of flags.environments) await judge(environment);
if (stopped) process.exit(130);
for (const finding of findings) say(`FOUND ${finding}`);
say(findings.length === 0 ? "The deployment holds: nothing was found." : `${findings.length} findings.`);
process.exit(findings.length === 0 ? 0 : 1);
