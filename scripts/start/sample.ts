// The sample workspace of a new data folder. A note says that it is still to be asked for, from before the database is
// made until the job is written down: a kill at any moment in between is made up for by the next start.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { config, environmentWith } from "../../shared/config.ts";
import { lastLines } from "./log-lines.ts";
import { step, trouble } from "./say.ts";

const run = promisify(execFile);
const noteOf = (dataDir: string) => join(dataDir, "sample-wanted");

/** To be called before the embedded database is made: notes whether this new one is to get the sample workspace. */
export const noteSample = (dataDir: string, databaseFolder: string): void => {
  if (existsSync(databaseFolder) || !config.sample || config.production) return;
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(noteOf(dataDir), "The first start fills the sample workspace in and removes this file.\n");
};

/**
 * Asks for the sample workspace when that is noted; to be called once Postgres answers, it waits for the schema by
 * itself. Never throws: the platform works without it.
 */
export const askForSample = async (
  root: string,
  dataDir: string,
  urls: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> => {
  if (!existsSync(noteOf(dataDir))) return;
  try {
    await run(process.execPath, [join(root, "scripts/ask-for-sample.ts")], {
      cwd: root,
      env: environmentWith({ ...urls, LC_DATA_DIR: dataDir }),
      signal,
    });
    rmSync(noteOf(dataDir), { force: true });
    step("A sample workspace of 200 made-up people is being filled in (one button on the Overview removes it).");
  } catch (error) {
    if (signal.aborted) return;
    const { stderr, message } = error as { stderr?: string; message: string };
    trouble(
      "The sample workspace could not be asked for; the next start tries again.",
      lastLines((stderr ?? message).split("\n"), 4),
    );
  }
};
