// Looks at a page as assistive technology does, and as a narrow screen does.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious and critical findings on the page, in words. Needs a page that takes scripts of the test (bypassCSP). */
export const findings = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe);
  const results = (await page.evaluate("axe.run(document, { iframes: false })")) as AxeResults;
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
};

/** By how many pixels the page is wider than the window. */
export const sideways = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - window.innerWidth") as Promise<number>;
