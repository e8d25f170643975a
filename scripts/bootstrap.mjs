// Runs before `npm start` and `npm test`, under whatever Node the machine has (18 or newer): makes node_modules equal
// to package-lock.json and the pinned Node ready. Nothing is fetched when the lockfile has not changed, and two starts
// at once install once.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const stampFile = join(modules, ".lockfile-sha256");
const lockText = readFileSync(join(root, "package-lock.json"), "utf8");
const wanted = createHash("sha256").update(lockText).digest("hex");
// npm ci empties node_modules, so the lock file lies outside it; one per checkout.
const busyFile = join(tmpdir(), `install-${createHash("sha256").update(root).digest("hex").slice(0, 16)}.lock`);

const say = (line) => process.stdout.write(`${line}\n`);
const giveUp = (line) => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** True when the pinned Node is there and answers. */
const nodeAnswers = () => {
  const node = join(modules, ".bin", "node");
  if (!existsSync(node)) return false;
  const answer = spawnSync(node, ["--version"], { encoding: "utf8" });
  return answer.status === 0 && /^v(2[4-9]|[3-9]\d)\./.test(answer.stdout);
};

/** True when npm's own record of node_modules names what the lockfile names (after a plain `npm install`, say). */
const recordAgrees = () => {
  try {
    const installed = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8")).packages;
    const locked = JSON.parse(lockText).packages;
    const same = (path) => installed[path]?.version === locked[path]?.version;
    // What an operating system or an optional peer leaves out is not missing.
    const due = (path) => path && !locked[path].optional && !locked[path].devOptional && !locked[path].peer;
    return (
      Object.keys(locked).every((path) => !due(path) || same(path)) &&
      Object.keys(installed).every((path) => path.startsWith("node_modules/node-") || same(path))
    );
  } catch {
    return false;
  }
};

const upToDate = () => {
  if (!nodeAnswers()) return false;
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8").trim() === wanted) return true;
  if (!recordAgrees()) return false;
  writeFileSync(stampFile, `${wanted}\n`);
  return true;
};

const holderIsGone = () => {
  try {
    const text = readFileSync(busyFile, "utf8").trim();
    // Between creation and the first byte the file is empty for a moment.
    if (text === "") return Date.now() - statSync(busyFile).mtimeMs > 5000;
    process.kill(Number(text), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH" || error.code === "ENOENT";
  }
};

/** Takes the lock; waits for another start that installs right now. False when that one finished the job. */
const takeLock = () => {
  const deadline = Date.now() + 10 * 60_000;
  let told = false;
  while (Date.now() < deadline) {
    try {
      writeFileSync(busyFile, `${process.pid}`, { flag: "wx" });
      return true;
    } catch (error) {
      if (error.code !== "EEXIST") giveUp(`The lock file ${busyFile} cannot be written: ${error.message}`);
    }
    if (holderIsGone()) rmSync(busyFile, { force: true });
    else {
      if (!told) say("Another start is installing the packages; waiting for it …");
      told = true;
      pause(500);
    }
  }
  return giveUp(
    `Another start has been installing for ten minutes. If there is none, remove ${busyFile} and start again.`,
  );
};

/** The environment without node_modules/.bin on the PATH: npm must not run on a Node that it is about to replace. */
const outsideEnvironment = () => {
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join("node_modules", ".bin")));
  return { ...process.env, PATH: path.join(delimiter) };
};

const npm = (...args) =>
  spawnSync("npm", args, { cwd: root, env: outsideEnvironment(), encoding: "utf8", maxBuffer: 1 << 26 });

const install = () => {
  const begun = Date.now();
  say("Installing packages as package-lock.json names them (npm ci) …");
  const options = ["--include=dev", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  let result = npm("ci", ...options);
  if (result.status !== 0 && result.stderr?.includes("EUSAGE")) {
    // A lockfile made on another platform may lack optional packages; npm ci refuses it, npm install fills the gap.
    say("The lockfile does not fit package.json in every detail: installing with npm install, without changing it …");
    result = npm("install", "--no-save", ...options);
  }
  if (result.status !== 0) {
    const said = `${result.stderr ?? ""}${result.stdout ?? ""}`.trim().split("\n").slice(0, 12).join("\n");
    giveUp(`npm ci failed${result.error ? `: ${result.error.message}` : ""}\n${said}`);
  }
  // npm may be set to skip install scripts; the pinned Node comes by one.
  if (!nodeAnswers()) npm("rebuild", "node", "--ignore-scripts=false", "--foreground-scripts");
  if (!nodeAnswers())
    giveUp("The pinned Node (package `node`) was not installed: allow its install script, or run `npm rebuild node`.");
  writeFileSync(stampFile, `${wanted}\n`);
  say(`Packages installed in ${Math.round((Date.now() - begun) / 1000)} s.`);
};

if (process.platform === "win32")
  giveUp("Windows is supported inside WSL2: run this there, or use `docker compose up -d` for the databases.");
if (!upToDate()) {
  takeLock();
  process.on("exit", () => rmSync(busyFile, { force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
  if (!upToDate()) install();
}
