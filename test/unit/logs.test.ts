// What `npm run logs` shows: chosen lines of all files in the order of their time, and what is written from now on.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readOptions } from "../../scripts/logs/options.ts";
import { showLogs } from "../../scripts/logs/show.ts";
import { until } from "../helpers/processes.ts";

const line = (time: number, level: string, msg: string, more: object = {}) =>
  `${JSON.stringify({ level, time, nodeID: "vm-1", msg, ...more })}\n`;

const folder = () => {
  const dataDir = mkdtempSync(join(tmpdir(), "lc-logs-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  mkdirSync(join(dataDir, "logs"));
  const file = (name: string) => join(dataDir, "logs", `${name}.log`);
  writeFileSync(
    file("gateway"),
    `${line(1_000, "info", "begun")}${line(3_000, "error", "broke", { requestId: "req-7" })}    at main.ts:1\n`,
  );
  writeFileSync(`${file("gateway")}.1`, line(500, "info", "older"));
  writeFileSync(file("email"), line(2_000, "warn", "job failed", { jobId: "job-9", error: "no answer" }));
  return { dataDir, file };
};

const shown = async (dataDir: string, ...args: string[]) => {
  const options = readOptions(args);
  if (options === "help") throw new Error("it asked for help");
  const lines: string[] = [];
  await showLogs(dataDir, options, (text) => lines.push(text));
  return lines;
};

test("all logs are shown together in the order of their time, the older part too, each line short", async () => {
  const { dataDir } = folder();
  const lines = await shown(dataDir);
  expect(lines.map((text) => /older|begun|job failed|broke|at main/.exec(text)?.[0])).toEqual([
    "older",
    "begun",
    "job failed",
    "broke",
    "at main",
  ]);
  expect(lines[2]).toMatch(/^\d\d:\d\d:02\.000 email +warn +job failed jobId=job-9 error=no answer$/);
  expect(await shown(dataDir, "-n", "1", "email")).toHaveLength(1);
});

test("lines are chosen by group, level, text, job and request; a stack goes with its error", async () => {
  const { dataDir } = folder();
  expect((await shown(dataDir, "--level", "error")).map((text) => text.trim().slice(-12))).toHaveLength(2);
  expect(await shown(dataDir, "--request", "req-7")).toHaveLength(2);
  expect(await shown(dataDir, "--job", "job-9", "--json")).toEqual([
    line(2_000, "warn", "job failed", { jobId: "job-9", error: "no answer" }).trim(),
  ]);
  expect(await shown(dataDir, "--grep", "BEG[A-Z]+")).toHaveLength(1);
  // A group that shares a process is in that one's log.
  expect(await shown(dataDir, "contacts", "--level", "error")).toHaveLength(2);
});

test("what is not there, or not understood, is a sentence that says what to do", async () => {
  const { dataDir } = folder();
  await expect(shown(dataDir, "letters")).rejects.toThrow(/Nothing here logs as "letters".*email, gateway/);
  await expect(shown(dataDir, "--grep", "nowhere")).rejects.toThrow(/matches/);
  await expect(shown(join(dataDir, "none"))).rejects.toThrow(/npm start.*LC_DATA_DIR.*railway logs/);
  expect(() => readOptions(["--level", "loud"])).toThrow(/expected one of trace/);
  expect(() => readOptions(["--lines", "many"])).toThrow(/expected a number/);
  expect(() => readOptions(["--grep", "("])).toThrow(/regular expression/);
  expect(() => readOptions(["--loud"])).toThrow(/--follow/);
});

test("following goes on with new lines, also after the file was emptied", async () => {
  const { dataDir, file } = folder();
  const stop = new AbortController();
  const lines: string[] = [];
  const options = readOptions(["email", "-f", "-n", "0"]);
  if (options === "help") throw new Error("it asked for help");
  const following = showLogs(dataDir, options, (text) => lines.push(text), stop.signal);
  appendFileSync(file("email"), line(4_000, "info", "first"));
  await until("the first line", () => lines.some((text) => text.includes("first")));
  truncateSync(file("email"), 0);
  appendFileSync(file("email"), line(5_000, "info", "second"));
  await until("the second line", () => lines.some((text) => text.includes("second")));
  stop.abort();
  await following;
  expect(lines).toHaveLength(2);
});
