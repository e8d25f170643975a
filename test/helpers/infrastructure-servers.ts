// Private Redis and Postgres servers for tests: on free loopback ports, in folders of their own. What they acknowledged
// survives every kill of their processes, though not a power cut: both do without fsync, which only that needs. It makes
// them wait for a disk that others keep busy; Redis, which waits with everysec too, puts off what it has answered then.
// Every server is noted in the run's folder, whose guard ends what a killed run leaves over.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../scripts/start/packages.ts";
import { freePort } from "../../scripts/start/ports.ts";
import { embeddedUrl, postgresAnswers, postgresResponds } from "../../scripts/start/postgres.ts";
import { endProcesses, identify } from "../../scripts/start/process-identity.ts";
import { configureRedis, redisAnswers } from "../../scripts/start/redis.ts";
import { noteDown, removeNote } from "../../scripts/start/run-files.ts";
import { environmentWith } from "../../shared/config.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: () => number;
  /** Ends it cleanly; its data stays for `restart`. */
  readonly stop: () => Promise<void>;
  readonly kill9: () => Promise<void>;
  /** Starts it again on the same port and data. */
  readonly restart: () => Promise<void>;
}

/** smart waits for clients, fast sends them away, immediate is a crash with recovery, kill9 a hard kill. */
export type StopMode = "smart" | "fast" | "immediate" | "kill9";

export interface PostgresServer {
  /** As superuser, on the database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** Its data, with its configuration and the files it was given. */
  readonly folder: string;
  readonly pid: () => number;
  readonly stop: (mode?: StopMode) => Promise<void>;
  /** Stops it when it still runs, and starts it again on the same port and data. */
  readonly restart: (mode?: StopMode) => Promise<void>;
}

const newFolder = (runDir: string, kind: string) => {
  const folder = join(runDir, `${kind}-${randomBytes(4).toString("hex")}`);
  mkdirSync(folder, { recursive: true });
  return folder;
};

const endChild = async (child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> => {
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity) await endProcesses([identity], signal, graceMs);
};

/** Starts a Redis server under `runDir`. `config` are further lines of its configuration. */
export const runRedis = async (runDir: string, config: readonly string[] = []): Promise<RedisServer> => {
  const program = findProgram("redis-server", "valkey-server");
  if (!program) throw new Error("There is no redis-server or valkey-server on the PATH: these tests need one.");
  const folder = newFolder(runDir, "redis");
  const name = folder.slice(runDir.length + 1);
  const port = await freePort();
  const { url, configFile } = configureRedis(folder, port, { open: true, extra: ["appendfsync no", ...config] });
  const logFile = join(folder, "redis.log");
  const log = openSync(logFile, "a");
  let child: ChildProcess;
  const start = async () => {
    child = spawn(program, [configFile], { detached: true, stdio: ["ignore", log, log] });
    if (child.pid) noteDown(runDir, name, "store", child.pid, "SIGTERM");
    await redisAnswers(url, 60_000).catch((error: Error) => {
      throw new Error(`${error.message} It said:\n${readFileSync(logFile, "utf8").slice(-2_000)}`);
    });
  };
  const end = async (signal: NodeJS.Signals) => {
    await endChild(child, signal, 10_000);
    removeNote(runDir, name);
  };
  await start();
  return {
    url,
    port,
    pid: () => child.pid ?? 0,
    stop: () => end("SIGTERM"),
    kill9: () => end("SIGKILL"),
    restart: async () => {
      await end("SIGTERM");
      await start();
    },
  };
};

/** The folder of the newest Postgres server's programs on this machine, or undefined. */
export const postgresPrograms = (): string | undefined => {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian)
    ? readdirSync(debian).filter((v) => existsSync(join(debian, v, "bin/initdb")))
    : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest) return join(debian, newest, "bin");
  return findProgram("initdb")?.replace(/\/initdb$/, "");
};

/** Postgres refuses to run as root: the user to run it as, or nothing when this is not root. */
const unprivileged = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string, user: string) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  const passwd = readFileSync("/etc/passwd", "utf8");
  const user = /^postgres:/m.test(passwd) ? "postgres" : "nobody";
  return { uid: id("-u", user), gid: id("-g", user) };
};

const stopSignals: Readonly<Record<StopMode, NodeJS.Signals>> = {
  smart: "SIGTERM",
  fast: "SIGINT",
  immediate: "SIGQUIT",
  kill9: "SIGKILL",
};

/** An empty cluster below `runDir` for `runPostgres` to copy: each initdb would take both cores for a second. */
export const prepareCluster = (runDir: string): void => {
  mkdirSync(join(runDir, "postgres-first"));
  makeCluster(join(runDir, "postgres-first"), unprivileged());
};

/** The cluster in `folder`/data, which this user may write, from `first` or new. */
const makeCluster = (folder: string, as: { uid?: number; gid?: number }, first?: string): void => {
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid);
  const initdb = ["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  // The folder of the checkout may be closed to that user, so it must not be where the programs start.
  const options = { ...as, cwd: folder, stdio: "pipe" } as const;
  if (first && existsSync(first)) execFileSync("cp", ["-R", "-p", first, "data"], options);
  else execFileSync(join(postgresPrograms() ?? "", "initdb"), initdb, options);
};

/**
 * Makes a Postgres cluster under `runDir` and starts it. `settings` are lines for postgresql.conf, `files` texts that are
 * put beside it, by name.
 */
export const runPostgres = async (
  runDir: string,
  settings: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> => {
  const programs = postgresPrograms();
  if (!programs) throw new Error("There is no Postgres server on this machine: this test needs a real one.");
  const as = unprivileged();
  const folder = newFolder(runDir, "postgres");
  const name = folder.slice(runDir.length + 1);
  const data = join(folder, "data");
  const port = await freePort();
  makeCluster(folder, as, join(runDir, "postgres-first/data"));
  const lines = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    "max_connections = 200",
    "shared_buffers = 128MB",
    "fsync = off",
    ...settings,
  ];
  appendFileSync(join(data, "postgresql.conf"), `${lines.join("\n")}\n`);
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(data, file), content, { mode: 0o600 });
    if (as.uid !== undefined && as.gid !== undefined) chownSync(join(data, file), as.uid, as.gid);
  }
  const log = openSync(join(folder, "postgres.log"), "a");
  const url = embeddedUrl(port);
  let child: ChildProcess;
  const start = async () => {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const current = spawn(join(programs, "postgres"), ["-D", data], {
        ...as,
        cwd: folder,
        detached: true,
        stdio: ["ignore", log, log],
      });
      child = current;
      if (current.pid) noteDown(runDir, name, "store", current.pid, "SIGINT");
      while (current.exitCode === null && !(await postgresResponds(url)) && performance.now() < deadline);
      // Shortly after a hard kill, backends of the old server may still hold its shared memory: try again.
      if (current.exitCode === null && performance.now() < deadline) return;
      if (performance.now() > deadline)
        throw new Error(`Postgres did not start; its log: ${join(folder, "postgres.log")}`);
    }
  };
  const end = async (mode: StopMode) => {
    await endChild(child, stopSignals[mode], 30_000);
    removeNote(runDir, name);
  };
  await start();
  return {
    url,
    port,
    folder: data,
    pid: () => child.pid ?? 0,
    stop: (mode = "fast") => end(mode),
    restart: async (mode = "fast") => {
      await end(mode);
      await start();
    },
  };
};

/** Starts the embedded Postgres on an own folder; for machines without a real one. */
export const runEmbedded = async (runDir: string, folder: string): Promise<PostgresServer> => {
  const port = await freePort();
  const name = `embedded-${randomBytes(4).toString("hex")}`;
  const script = join(import.meta.dirname, "../../scripts/embedded-postgres.ts");
  let child: ChildProcess;
  const start = async () => {
    child = spawn(process.execPath, [script, folder, String(port)], {
      detached: true,
      env: environmentWith({ LC_DATA_DIR: runDir }),
      stdio: ["pipe", "ignore", "ignore"],
    });
    if (child.pid) noteDown(runDir, name, "store", child.pid, "SIGTERM");
    await postgresAnswers(embeddedUrl(port), 60_000);
  };
  const end = async (mode: StopMode) => {
    await endChild(child, mode === "kill9" || mode === "immediate" ? "SIGKILL" : "SIGTERM", 10_000);
    removeNote(runDir, name);
  };
  await start();
  return {
    url: embeddedUrl(port),
    port,
    folder,
    pid: () => child.pid ?? 0,
    stop: (mode = "fast") => end(mode),
    restart: async (mode = "fast") => {
      await end(mode);
      await start();
    },
  };
};
