// A child of `npm start` that is restarted because a file changed: one goes, one comes, and never two beside each other.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keepRunning } from "../../scripts/start/child.ts";
import { identify } from "../../scripts/start/process-identity.ts";
import { until } from "../helpers/processes.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

const script = `
  require("node:fs").appendFileSync(process.argv[1], process.pid + "\\n");
  process.on("SIGTERM", () => process.exit(0));
  setInterval(() => {}, 1000);`;

test("a restart ends one process and starts one, also when its end is noticed late", async () => {
  const dataDir = newDataDir();
  const file = join(dataDir, "pids");
  const pids = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : []);
  const spec = {
    ...({ role: "app", leash: "none" } as const),
    ...{ env: process.env, command: process.execPath, args: ["-e", script, file] },
  };
  const child = keepRunning(dataDir, { ...spec, name: "restarted" });
  onTestFinished(() => child.end(2_000));
  for (let restarts = 1; restarts <= 3; restarts++) {
    await until(`start ${restarts}`, () => pids().length >= restarts);
    // The loop is held until the process is gone, behind its phase of timers: the one that looks whether it is gone then
    // fires before Node tells of the exit.
    await new Promise((done) => setImmediate(done));
    const ended = child.restart(2_000);
    const held = performance.now() + 60;
    for (let pid = pids().at(-1) ?? 0; identify(pid) || performance.now() < held; ) pids();
    await ended;
  }
  // A second copy would come after 0.2 s, before what is started then has said who it is.
  const other = keepRunning(dataDir, {
    ...spec,
    name: "other",
    args: ["-e", `setTimeout(() => {${script}}, 300)`, file],
  });
  onTestFinished(() => other.end(2_000));
  await until("the other", () => pids().length >= 5);
  expect(pids()).toHaveLength(5);
  expect(pids().filter((pid) => identify(pid))).toHaveLength(2);
});
