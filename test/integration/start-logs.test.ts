// What the terminal makes of the children's logs, and that their files stay small.
import { appendFileSync, closeSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { followLog } from "../../scripts/start/log-file.ts";
import { collapseRepeats, lastLines, parseLogLine } from "../../scripts/start/log-lines.ts";
import { until } from "../helpers/processes.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

test("a log line is read with its level as a word or a number, and with the message of its error", () => {
  expect(parseLogLine('{"level":"warn","msg":"queue is long"}')).toEqual({ level: "warn", text: "queue is long" });
  expect(parseLogLine('{"level":50,"message":"no answer","err":{"message":"ETIMEDOUT"}}')).toEqual({
    level: "error",
    text: "no answer (ETIMEDOUT)",
  });
  expect(parseLogLine("Segmentation fault")).toBeUndefined();
  expect(parseLogLine('{"torn')).toBeUndefined();
});

test("the last lines of a crash are the message and not the stack", () => {
  const raw = ["Error: it broke", "    at main (file:///app.ts:1:1)", "", '{"level":"fatal","msg":"gone"}'];
  expect(lastLines(raw, 5)).toEqual(["Error: it broke", "fatal: gone"]);
});

test("a repeated line is shown once and then counted, whatever numbers it carries", () => {
  vi.useFakeTimers();
  try {
    const shown: string[] = [];
    const show = collapseRepeats((text) => shown.push(text), 1000);
    for (let attempt = 1; attempt <= 500; attempt += 1) show(`attempt ${attempt} failed`);
    expect(shown).toEqual(["attempt 1 failed"]);
    vi.advanceTimersByTime(1000);
    expect(shown[1]).toContain("499 more times");
  } finally {
    vi.useRealTimers();
  }
});

test("a log file that grows past its limit is moved aside, while the child writes on", async () => {
  const path = join(newDataDir(), "child.log");
  const lines: string[] = [];
  const log = followLog(path, (line) => lines.push(line), 1000);
  const child = log.open();
  writeSync(child, `${"x".repeat(1200)}\n`);
  await until("the file was moved aside", () => statSync(path).size === 0);
  writeSync(child, "after\n");
  await until("the next line is read", () => lines.includes("after"));
  expect(readFileSync(`${path}.1`, "utf8")).toHaveLength(1201);
  appendFileSync(path, "no newline yet");
  expect(log.tail().at(-1)).toBe("no newline yet");
  closeSync(child);
  log.close();
});
