// What a failed browser test leaves to read beside its error: what its pages showed, and what the platform said.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterEach } from "vitest";
import type { Platform } from "../helpers/processes-platform.ts";

const notes = new Set<() => Promise<string>>();

const shown = async (page: Page): Promise<string> => {
  const text = await page.locator("body").ariaSnapshot({ timeout: 2000 });
  return `${page.url()} showed:\n${text.slice(0, 3000)}`;
};

const logsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".log"))
    .map((file) => `${file}:\n${readFileSync(join(folder, file), "utf8").slice(-3000)}`);

/**
 * From now on a failed test of this file prints the text of these pages and the end of the platform's logs. Answers with
 * how to stop that.
 */
export const tellOfFailures = (platform: Platform, pages: ReadonlySet<Page>): (() => void) => {
  const note = async () => {
    const open = [...pages].filter((page) => !page.isClosed());
    const texts = await Promise.all(open.map((page) => shown(page).catch((error: Error) => `${error}`)));
    return [...texts, platform.logs().slice(-2000), ...logsIn(join(platform.dataDir, "logs"))].join("\n\n");
  };
  notes.add(note);
  return () => void notes.delete(note);
};

// Told as the file's tests are gathered, which is when this is loaded.
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  for (const note of notes) process.stderr.write(`“${task.name}” failed.\n${await note()}\n`);
});
