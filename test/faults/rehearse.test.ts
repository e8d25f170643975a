// The deployment, rehearsed in small: both environments of the project graph, every service with only its declared
// variables on a private network, the outreach journey through the front door, everything replaced at once under load,
// Redis and Postgres away. `npm run rehearse` is the long form.
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const script = resolve(import.meta.dirname, "../rehearse/run.ts");

/** It takes about a minute where nothing else runs. */
const patienceMs = 420_000;

/** A private network takes root on Linux; in containers that are held tight it may be refused all the same. */
const mayHaveNetworks = async (): Promise<boolean> => {
  try {
    await run("unshare", ["--net", "--mount", "--pid", "--fork", "--mount-proc", "true"]);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
};

const rehearse = async (): Promise<string> => {
  // It ends everything it started when it is told to end.
  const options = { maxBuffer: 1 << 26, timeout: patienceMs, killSignal: "SIGTERM" } as const;
  const { stdout } = await run(process.execPath, [script, "--quick"], options).catch(
    (failed: { stdout: string; stderr: string }) => ({ stdout: `${failed.stdout}\n${failed.stderr}` }),
  );
  return stdout;
};

const found = (said: string): string[] => said.match(/^FOUND .*$/gm) ?? [];

test(
  "production and staging hold: no request failed, no mail lost or doubled, no process ended",
  async (context) => {
    if (!(await mayHaveNetworks())) {
      process.stdout.write(
        "No private networks may be made here (it takes root on Linux): the rehearsal is skipped.\n",
      );
      context.skip();
    }
    // What the suites before it wrote is still on its way to the disk, and holds up whoever writes now.
    await run("sync");
    let stdout = await rehearse();
    // A machine that others use as well may be late once. Nobody is lost, doubled or ended for that.
    if (found(stdout).every((one) => /was answered with 503|ready again after/.test(one)) && found(stdout).length > 0) {
      process.stdout.write(`Late on this machine, so once more:\n${found(stdout).join("\n")}\n`);
      stdout = await rehearse();
    }
    expect(found(stdout), stdout).toEqual([]);
    for (const environment of ["production", "staging"]) expect(stdout).toContain(`## ${environment}`);
    expect(stdout).toContain("The deployment holds: nothing was found.");
  },
  2 * patienceMs + 20_000,
);

test("what cannot be rehearsed is refused with what there is", async () => {
  const refused = await run(process.execPath, [script, "--environment", "moon"]).catch(
    (failed: { code: number; stderr: string }) => failed,
  );
  expect(refused).toMatchObject({
    code: 2,
    stderr: 'There is no environment "moon"; there are production and staging\n',
  });
});
