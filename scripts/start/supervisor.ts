// The supervisor: databases, web app and app processes up, the URL printed, and on Ctrl-C or SIGTERM everything down
// again in order: apps first, then Postgres and Redis. A data folder has one supervisor at a time.

import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { config, environmentWith } from "../../shared/config.ts";
import { writeBackends } from "../../shared/local-backends.ts";
import { type Child, keepRunning } from "./child.ts";
import { type AppProcess, planProcesses, runnerArguments, serviceFolders } from "./groups.ts";
import { freePort, portTaken } from "./ports.ts";
import { embeddedUrl, postgresAnswers } from "./postgres.ts";
import { untilReady } from "./readiness.ts";
import { configureRedis, findRedis, redisAnswers } from "./redis.ts";
import { claimDataFolder, endLeftovers, leftovers, removeNote } from "./run-files.ts";
import { askForSample, noteSample } from "./sample.ts";
import { StartError, step, trouble } from "./say.ts";
import { type SignIn, showSignIn, signInFrom } from "./sign-in.ts";
import { showWarnings } from "./warnings.ts";
import { watchFiles } from "./watch-files.ts";
import { buildWeb } from "./web.ts";

const root = resolve(import.meta.dirname, "../..");
const storeGraceMs = 15_000;
/** On top of the time that a process gives itself to drain. */
const appGraceMs = (config.shutdownSeconds + 3) * 1000;

/** What was started, in the order in which it is ended. */
interface Running {
  readonly apps: Child[];
  readonly watch: Child[];
  readonly stores: Child[];
  /** Ends the look at changing files. */
  watching?: () => void;
}

const startGuard = (): Child =>
  keepRunning(config.dataDir, {
    name: "guard",
    role: "watch",
    command: process.execPath,
    args: [join(root, "scripts/guard.ts"), config.dataDir, String(config.shutdownSeconds + 3)],
    env: environmentWith({ LC_DATA_DIR: config.dataDir }),
    leash: "pipe",
  });

/** Marks a promise as one that somebody will await: its rejection is not an unhandled one until then. */
const noticed = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => {});
  return promise;
};

/** Starts a private Redis; the URL is known at once, it answers when `up` resolves. */
const startRedis = async (running: Running): Promise<{ url: string; up: Promise<void> }> => {
  const { url, configFile } = configureRedis(config.dataDir, await freePort());
  const begin = async () => {
    const program = await findRedis(step);
    running.stores.push(
      keepRunning(config.dataDir, {
        name: "redis",
        role: "store",
        command: program,
        args: [configFile],
        env: environmentWith({ LC_DATA_DIR: config.dataDir }),
        leash: "none",
      }),
    );
    await redisAnswers(url, 60_000);
    step(`Redis is up (private, on loopback, data in ${join(config.dataDir, "redis")}).`);
  };
  return { url, up: noticed(begin()) };
};

const startPostgres = async (running: Running): Promise<{ url: string; up: Promise<void> }> => {
  const port = await freePort();
  const folder = join(config.dataDir, "postgres");
  const begun = performance.now();
  noteSample(config.dataDir, folder);
  step(existsSync(folder) ? "Starting the embedded Postgres …" : "Making the embedded Postgres, once …");
  running.stores.push(
    keepRunning(config.dataDir, {
      name: "postgres",
      role: "store",
      command: process.execPath,
      args: [join(root, "scripts/embedded-postgres.ts"), folder, String(port), config.dataDir],
      env: environmentWith({ LC_DATA_DIR: config.dataDir }),
      leash: "pipe",
    }),
  );
  const begin = async () => {
    await postgresAnswers(embeddedUrl(port), 120_000);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    step(`Postgres is up after ${seconds} s (embedded, on loopback, data in ${folder}).`);
  };
  return { url: embeddedUrl(port), up: noticed(begin()) };
};

const given = (name: string, url: string) => {
  step(`Using the ${name} at ${URL.parse(url)?.host ?? "the address given"}.`);
  return { url, up: Promise.resolve() };
};

interface AppEnvironment {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly port: number;
}

/** A developer's files change: what runs them starts anew. */
const restartOnChange = (running: Running, plan: readonly AppProcess[], port: number): void => {
  running.watching = watchFiles(root, plan, (names, path) => {
    step(`${path} changed: starting ${names.join(", ")} again.`);
    for (const app of running.apps)
      if (names.includes(app.name))
        app.restart(appGraceMs).catch((error: unknown) => trouble(`${app.name} was not restarted: ${String(error)}`));
  });
  step(`Processes start anew when their files change. The debug page: http://localhost:${port}/debug`);
};

/** Starts the app processes. They wait for the databases by themselves. Returns whether the gateway is among them. */
const startApps = (
  running: Running,
  { databaseUrl, redisUrl, port }: AppEnvironment,
  onSignIn: (signIn: SignIn) => void,
) => {
  if (!existsSync(join(root, "moleculer.config.ts"))) {
    step("There are no services yet (moleculer.config.ts is missing): only the databases run.");
    return false;
  }
  const folders = serviceFolders(root).filter((f) => f !== "services/sandbox" || config.emailProvider === "sandbox");
  const plan = planProcesses(folders, config.processes);
  const publicUrl = config.port === 0 ? config.publicUrl.replace(/:0$/, `:${port}`) : config.publicUrl;
  for (const { name, folders: own, gateway } of plan) {
    running.apps.push(
      keepRunning(config.dataDir, {
        name,
        role: "app",
        command: process.execPath,
        args: runnerArguments(own),
        env: environmentWith({
          DATABASE_URL: databaseUrl,
          REDIS_URL: redisUrl,
          LC_DATA_DIR: config.dataDir,
          PUBLIC_URL: publicUrl,
          PORT: gateway ? String(port) : undefined,
          // Compiled code is kept: later starts are quicker, and the sources' text need not stay in memory.
          NODE_COMPILE_CACHE: join(config.dataDir, "compile-cache"),
        }),
        leash: "ipc",
        onLine: showWarnings(name),
        onMessage: (message) => {
          const signIn = signInFrom(message);
          if (signIn) onSignIn(signIn);
        },
      }),
    );
  }
  if (config.debug) restartOnChange(running, plan, port);
  step(
    `Started ${plan.map(({ name, folders: own }) => (own.length > 1 ? `${name} (${own.length} groups)` : name)).join(", ")}.`,
  );
  return plan.some(({ gateway }) => gateway);
};

const stopAll = async (running: Running): Promise<void> => {
  running.watching?.();
  step("Stopping: the services finish what they have in hand (Ctrl-C again: at once) …");
  await Promise.all(running.apps.map((app) => app.end(appGraceMs)));
  await Promise.all(running.watch.map((watch) => watch.end(1000)));
  await Promise.all(running.stores.map((store) => store.end(storeGraceMs)));
  removeNote(config.dataDir, "supervisor");
  step("Stopped.");
};

/** Under npm one Ctrl-C comes twice: from the terminal, which signals everybody in it, and once more from npm. */
const signalsOfOneCtrlC = environmentWith({}).npm_lifecycle_event ? 2 : 1;

/** Resolves with the exit code when somebody asks for the end; a second Ctrl-C hurries the apps. */
const stopAsked = (running: Running, abort: AbortController): Promise<number> =>
  new Promise((resolve) => {
    let interrupts = 0;
    const ask = (code: number) => {
      abort.abort();
      resolve(code);
    };
    process.on("SIGINT", () => {
      interrupts += 1;
      if (interrupts === signalsOfOneCtrlC + 1) {
        step("Ending the services at once; the next start does again what they had in hand.");
        for (const app of running.apps) app.hurry();
      }
      ask(0);
    });
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => ask(0));
    process.on("uncaughtException", (error) => {
      trouble(`The start program has a fault: ${error.stack ?? error.message}`);
      ask(1);
    });
  });

const bringUp = async (running: Running, port: number, signal: AbortSignal): Promise<void> => {
  running.watch.push(startGuard());
  const redis = config.redisUrl ? given("Redis", config.redisUrl) : await startRedis(running);
  const postgres = config.databaseUrl ? given("Postgres", config.databaseUrl) : await startPostgres(running);
  if (signal.aborted) return;
  let signIn: SignIn | undefined;
  let shown = false;
  writeBackends(config.dataDir, { databaseUrl: postgres.url, redisUrl: redis.url, port });
  const hasGateway = startApps(running, { databaseUrl: postgres.url, redisUrl: redis.url, port }, (message) => {
    signIn = message;
    if (shown) showSignIn(port, message);
  });
  const urls = { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
  const sample = noticed(
    postgres.up.then(() =>
      hasGateway && !config.databaseUrl ? askForSample(root, config.dataDir, urls, signal) : undefined,
    ),
  );
  await Promise.all([redis.up, postgres.up, buildWeb(root, signal)]);
  if (hasGateway && !(await untilReady(port, signal))) return;
  await sample;
  showSignIn(hasGateway ? port : undefined, signIn);
  shown = true;
};

const claim = () => {
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    return claimDataFolder(config.dataDir);
  } catch (error) {
    const { code, path = config.dataDir } = error as NodeJS.ErrnoException;
    if (!code) throw error;
    throw new StartError(
      `The data folder ${config.dataDir} cannot be used (${code} at ${path}): make it one that this user may write, or set LC_DATA_DIR to another.`,
    );
  }
};

/** Runs the platform until it is asked to stop. Exits the process; throws StartError when it cannot start. */
export const supervise = async (): Promise<void> => {
  const holder = claim();
  if (holder) {
    throw new StartError(
      `The platform already runs on the data folder ${config.dataDir} (process ${holder.pid}): stop that one, or set LC_DATA_DIR and PORT to others.`,
    );
  }
  process.chdir(root);
  const running: Running = { apps: [], watch: [], stores: [] };
  const abort = new AbortController();
  const asked = stopAsked(running, abort);
  let code = 0;
  try {
    const left = leftovers(config.dataDir);
    if (left.length > 0) step(`Ending what an earlier start left over: ${left.join(", ")} …`);
    await endLeftovers(config.dataDir, appGraceMs);
    const port = config.port === 0 ? await freePort() : (config.port ?? 3000);
    const taken = await portTaken(port);
    if (taken) throw new StartError(taken);
    // Asked to stop meanwhile: nothing is begun that nobody would end.
    const up = abort.signal.aborted ? asked : bringUp(running, port, abort.signal);
    code = await Promise.race([asked, up.then(() => asked)]);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    trouble(error.message);
    code = 1;
  }
  abort.abort();
  if (running.watch.length > 0) await stopAll(running);
  else removeNote(config.dataDir, "supervisor");
  process.exit(code);
};
