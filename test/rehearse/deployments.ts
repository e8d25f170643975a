// The deployments of the project graph as processes: each in a place of its own on the private network, with exactly the
// start command and only the variables that the graph gives it, and replaced as Railway does it: the new one healthy, both
// for a while, then SIGTERM, and after the draining time SIGKILL.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { VariableValue } from "railway/iac";
import type { Declared, Evaluated } from "../../railway/graph.ts";
import { environmentWith } from "../../shared/config.ts";
import type { Network, Place } from "./network.ts";

const root = resolve(import.meta.dirname, "../..");
const healthPatienceMs = 180_000;

/** What an operator sets in the dashboard: shared variables, and those of single services that the project keeps. */
export type Dashboard = (service: string, variable: string) => string | undefined;

export interface Running {
  readonly service: Declared;
  readonly place: Place;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly dataDir: string;
  readonly logs: () => string;
  /** Exit code or signal, once it has ended. */
  readonly ended: Promise<number | string>;
  /** True from the moment when it is told to end. */
  leaving: boolean;
}

export interface Replaced {
  /** Exit code or signal of the old process, and how long it took to end. */
  readonly code: number | string;
  readonly drainedMs: number;
  /** What its health check answered a second after SIGTERM; 0 when it had ended. */
  readonly healthWhileLeaving: number;
}

export interface Fleet {
  readonly services: readonly Declared[];
  /** The deployments of a service that get requests. */
  active(name: string): readonly Running[];
  all(): readonly Running[];
  /** Every place that ever was, ended or not: where its data lies. */
  readonly dataDirs: readonly string[];
  /** Runs what must run once before a service starts, for every service that declares it. */
  preDeploy(): Promise<void>;
  startAll(): Promise<void>;
  /** Replaces the oldest deployment of a service. Resolves when nothing leads to the old one; how that ended comes later. */
  redeploy(name: string, overlapMs: number): Promise<{ readonly old: Promise<Replaced> }>;
  /** Status of the health check of a deployment, over IPv6 or IPv4; 0 when nobody answers. */
  health(one: Running, family: "ipv6" | "ipv4", path?: string): Promise<number>;
  stop(): Promise<void>;
}

const statusOf = (host: string, port: number, path: string): Promise<number> =>
  new Promise((done) => {
    const headers = { host: "healthcheck.railway.app" };
    const asked = request({ host, port, path, headers, agent: false, timeout: 5_000 }, (answer) => {
      answer.resume();
      done(answer.statusCode ?? 0);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => done(0));
    asked.end();
  });

export interface FleetParts {
  readonly evaluated: Evaluated;
  readonly network: Network;
  readonly runDir: string;
  /** Outputs of the databases, `Postgres.DATABASE_URL`. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly dashboard: Dashboard;
}

/** Prepares it; nothing runs yet. */
export const createFleet = ({ evaluated, network, runDir, outputs, dashboard }: FleetParts): Fleet => {
  const services = evaluated.deployments;
  const running = new Map<string, Running[]>(services.map(({ name }) => [name, []]));
  const dataDirs: string[] = [];
  let count = 0;

  const literalOf = (service: string, name: string): string | undefined => {
    const value = services.find((one) => one.name === service)?.variables[name];
    return value?.type === "literal" ? String(value.value) : undefined;
  };
  const valueFor = (service: string, name: string, value: VariableValue): string | undefined => {
    if (value.type === "literal") return String(value.value);
    if (value.type !== "reference") return dashboard(service, name);
    const [kind = "", target = ""] = value.resource.split(".");
    const known =
      kind === "database"
        ? outputs[`${target}.${value.output}`]
        : value.output === "RAILWAY_PRIVATE_DOMAIN"
          ? `${target}.railway.internal`
          : literalOf(target, value.output);
    if (known === undefined)
      throw new Error(`${service}.${name} refers to ${value.resource}.${value.output}, which is nothing`);
    return known;
  };
  /**
   * Nothing of this machine's environment but the PATH, and in the test suite where Node keeps what it compiled; what an
   * image and Railway itself add.
   */
  const environmentOf = (service: Declared, replica: string, dataDir: string): NodeJS.ProcessEnv => {
    const declared = Object.entries(service.variables).flatMap(([name, value]) => {
      const found = valueFor(service.name, name, value);
      return found === undefined ? [] : [[name, found] as const];
    });
    const { PATH = "", NODE_COMPILE_CACHE } = environmentWith({});
    return {
      PATH,
      ...(NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {}),
      HOME: dataDir,
      RAILWAY_REPLICA_ID: replica,
      RAILWAY_PRIVATE_DOMAIN: `${service.name}.railway.internal`,
      ...Object.fromEntries(declared),
      // The container's own disk, which goes with it.
      ...("LC_DATA_DIR" in service.variables ? { LC_DATA_DIR: dataDir } : {}),
    };
  };

  const launch = async (service: Declared, command: string): Promise<Running> => {
    const replica = `${service.name}-${++count}`;
    const dataDir = join(runDir, replica);
    mkdirSync(dataDir);
    dataDirs.push(dataDir);
    const place = await network.attach(service.name);
    const logFile = join(runDir, `${replica}.log`);
    const log = openSync(logFile, "a");
    const child = spawn("ip", ["netns", "exec", place.name, ...command.split(" ")], {
      cwd: root,
      env: environmentOf(service, replica, dataDir),
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const ended = once(child, "exit").then(([code, signal]) => (signal ?? code ?? 0) as number | string);
    const logs = () => readFileSync(logFile, "utf8");
    return { service, place, child, pid: child.pid ?? 0, dataDir, logs, ended, leaving: false };
  };

  const health: Fleet["health"] = (one, family, path = one.service.health) => {
    const host = family === "ipv6" ? one.place.ipv6 : one.place.ipv4;
    return host === undefined ? Promise.resolve(0) : statusOf(host, one.service.port, path);
  };

  const untilHealthy = async (one: Running): Promise<void> => {
    const deadline = performance.now() + healthPatienceMs;
    let ended: number | string | undefined;
    void one.ended.then((how) => {
      ended = how;
    });
    while ((await health(one, "ipv6")) !== 200) {
      const what = ended === undefined ? "did not become healthy" : `ended with ${ended} before it was healthy`;
      if (ended !== undefined || performance.now() > deadline)
        throw new Error(`${one.service.name} ${what}:\n${one.logs().slice(-3000)}`);
      await delay(100);
    }
  };
  const list = (name: string) => running.get(name) ?? [];
  const publish = (name: string) =>
    network.publish(
      name,
      list(name).map(({ place }) => place),
    );

  const end = async (one: Running): Promise<{ code: number | string; drainedMs: number }> => {
    const began = performance.now();
    one.child.kill("SIGTERM");
    const killed = setTimeout(() => one.child.kill("SIGKILL"), one.service.drainingSeconds * 1000);
    const code = await one.ended;
    clearTimeout(killed);
    await network.detach(one.place);
    return { code, drainedMs: performance.now() - began };
  };

  return {
    services,
    active: (name) => list(name),
    all: () => [...running.values()].flat(),
    dataDirs,
    health,
    async preDeploy() {
      for (const service of services.filter(({ node }) => node.deploy?.preDeployCommand)) {
        const given = service.node.deploy?.preDeployCommand;
        for (const command of typeof given === "string" ? [given] : (given ?? [])) {
          const once = await launch(service, command);
          const code = await once.ended;
          await network.detach(once.place);
          if (code !== 0) throw new Error(`${command} of ${service.name} ended with ${code}:\n${once.logs()}`);
        }
      }
    },
    async startAll() {
      // All at once, as Railway does: nothing waits for what it depends on.
      const started = await Promise.all(services.map((service) => launch(service, service.command)));
      for (const one of started) {
        list(one.service.name).push(one);
        // A name leads to a deployment as soon as its container runs.
        publish(one.service.name);
      }
      await Promise.all(started.map(untilHealthy));
    },
    async redeploy(name, overlapMs) {
      const [old] = list(name);
      if (!old) throw new Error(`${name} does not run`);
      const next = await launch(old.service, old.service.command);
      await untilHealthy(next);
      list(name).push(next);
      publish(name);
      await delay(overlapMs);
      old.leaving = true;
      const ending = end(old);
      // The news that it leaves takes a while to get around.
      await Promise.race([delay(1_000), ending]);
      const healthWhileLeaving = await health(old, "ipv6");
      list(name).splice(list(name).indexOf(old), 1);
      publish(name);
      return { old: ending.then((how) => ({ ...how, healthWhileLeaving })) };
    },
    async stop() {
      await Promise.all([...running.values()].flat().map(end));
      for (const name of running.keys()) running.set(name, []);
    },
  };
};
