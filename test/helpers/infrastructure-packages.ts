// What the tests need from the machine: Redis, a Postgres with pgvector, Caddy, Chromium. On Debian and Ubuntu as root the
// missing ones are installed, elsewhere the tests take what is there.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { aptInstall, canInstall, findProgram } from "../../scripts/start/packages.ts";
import { config } from "../../shared/config.ts";
import { postgresPrograms } from "./infrastructure-servers.ts";

const run = promisify(execFile);

/** Debian 12 has no pgvector package; this is the source that Debian 13 packages, from the same mirror. */
const pgvectorSource = {
  path: "pool/main/p/pgvector/pgvector_0.8.0.orig.tar.gz",
  sha256: "867a2c328d4928a5a9d6f052cd3bc78c7d60228a9b914ad32aa3db88e9de27b0",
};

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Tries to install; says so, and that it failed. Tests that need the thing then skip or fail by themselves. */
const attempt = async (what: string, install: () => Promise<void>): Promise<void> => {
  if (!canInstall()) return;
  say(`Installing ${what} …`);
  try {
    await install();
  } catch (error) {
    say(`${what} could not be installed: ${(error as Error).message.trim().split("\n").slice(-2).join(" ")}`);
  }
};

/** The addresses of the distribution's mirror, as apt is set up on this machine. */
const mirrors = async (): Promise<string[]> => {
  const { stdout } = await run("apt-get", ["indextargets", "--format", "$(SITE)", "Created-By: Packages"]);
  return [...new Set(stdout.split("\n").filter((site) => /debian|ubuntu/i.test(site) && !/security/.test(site)))];
};

const download = async (target: string): Promise<void> => {
  for (const mirror of await mirrors()) {
    try {
      await run("/usr/lib/apt/apt-helper", [
        "download-file",
        `${mirror}/${pgvectorSource.path}`,
        target,
        `SHA256:${pgvectorSource.sha256}`,
      ]);
      return;
    } catch {
      // Not on this mirror: the next one.
    }
  }
  throw new Error(`none of apt's mirrors has ${pgvectorSource.path}`);
};

const buildPgvector = async (version: string): Promise<void> => {
  await aptInstall(`postgresql-server-dev-${version}`, "build-essential");
  const folder = mkdtempSync(join(tmpdir(), "pgvector-"));
  try {
    const archive = join(folder, "pgvector.tar.gz");
    await download(archive);
    await run("tar", ["xzf", archive, "-C", folder, "--strip-components=1"]);
    const pgConfig = `PG_CONFIG=/usr/lib/postgresql/${version}/bin/pg_config`;
    const options = { cwd: folder, maxBuffer: 1 << 26 };
    await run("make", [`-j${cpus().length}`, "OPTFLAGS=", pgConfig], options);
    await run("make", ["install", pgConfig], options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const versionOf = (programs: string) => /postgresql\/(\d+)\/bin$/.exec(programs)?.[1];

/** True when CREATE EXTENSION vector can work on the server with these programs; true when that cannot be told. */
const hasPgvector = (programs: string): boolean => {
  const version = versionOf(programs);
  return version === undefined || existsSync(`/usr/share/postgresql/${version}/extension/vector.control`);
};

/** Makes a Redis server available where that is possible without asking. */
export const ensureRedis = async (): Promise<void> => {
  if (findProgram("redis-server", "valkey-server")) return;
  await attempt("redis-server", () => aptInstall("redis-server"));
};

/** Makes a Postgres with pgvector available where that is possible. Returns its programs' folder, or undefined. */
export const ensurePostgres = async (): Promise<string | undefined> => {
  if (!postgresPrograms()) await attempt("postgresql", () => aptInstall("postgresql"));
  const programs = postgresPrograms();
  if (!programs || hasPgvector(programs)) return programs;
  const version = versionOf(programs) ?? "";
  await attempt("pgvector", () => aptInstall(`postgresql-${version}-pgvector`).catch(() => buildPgvector(version)));
  return hasPgvector(programs) ? programs : undefined;
};

/** The program of an IMAP server (Dovecot 2.3), installed where that is possible. Undefined when there is none. */
export const ensureImap = async (): Promise<string | undefined> => {
  const find = () => ["/usr/sbin/dovecot", findProgram("dovecot") ?? ""].find((path) => existsSync(path));
  const imap = "/usr/lib/dovecot/imap";
  if (!find() || !existsSync(imap)) await attempt("dovecot-imapd", () => aptInstall("dovecot-imapd"));
  const program = find();
  if (!program) return undefined;
  const { stdout } = await run(program, ["--version"]);
  return stdout.startsWith("2.3.") ? program : undefined;
};

/** The proxy of a deployment, installed where that is possible. Undefined when there is none. */
export const ensureCaddy = async (): Promise<string | undefined> => {
  if (!findProgram("caddy")) await attempt("caddy", () => aptInstall("caddy"));
  return findProgram("caddy");
};

/** `ip` and `unshare`, which make private networks, installed where that is possible. */
export const ensureNetworkTools = async (): Promise<void> => {
  if (!findProgram("ip")) await attempt("iproute2", () => aptInstall("iproute2"));
  if (!findProgram("unshare")) await attempt("util-linux", () => aptInstall("util-linux"));
};

/** The browser for the e2e suite, installed where that is possible. Undefined when there is none. */
export const ensureChromium = async (): Promise<string | undefined> => {
  const find = () =>
    config.chromePath ??
    findProgram("chromium", "chromium-browser", "google-chrome", "google-chrome-stable") ??
    ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"].find((path) => existsSync(path));
  if (!find()) await attempt("chromium", () => aptInstall("chromium"));
  return find();
};
