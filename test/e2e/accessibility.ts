// What a page must never show: serious findings of axe-core, and content that scrolls sideways.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { until } from "../helpers/processes.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Serious and critical findings on the page, in words; `only` asks the rules about colours alone, which are the only ones
 * that another theme can change. Works under the page's content security policy.
 */
export const findings = async (page: Page, only?: "colours"): Promise<string[]> => {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  const rules = only ? ", runOnly: ['color-contrast', 'link-in-text-block']" : "";
  // Of what passed it need not tell, which is most of its work.
  const options = `{ iframes: false, preload: false, resultTypes: ['violations']${rules} }`;
  const results = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResults;
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
};

/** Pixels that the page is wider than the window; 0 or less: nothing scrolls sideways. */
export const sideways = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - window.innerWidth") as Promise<number>;

/** Waits until an expression is true on the page. Asked from outside, because the content policy takes no text as a script. */
export const holds = (page: Page, expression: string): Promise<unknown> =>
  until(`it holds that ${expression}`, () => page.evaluate(expression), { timeoutMs: 60_000 });

/** Turns the page to a theme and waits until its colours have arrived. */
export const turn = async (page: Page, scheme: "light" | "dark"): Promise<void> => {
  await page.emulateMedia({ colorScheme: scheme });
  await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: "attached" });
  // They have when the page has painted and no transition runs any more.
  await page.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))");
  await holds(page, "document.getAnimations().every((one) => one.playState !== 'running')");
};

const looks = [
  { scheme: "light", width: 1280 },
  { scheme: "light", width: 360 },
  { scheme: "dark", width: 360 },
  { scheme: "dark", width: 1280 },
] as const;

/**
 * What is wrong with what the page shows right now, in light and dark, wide and narrow: for states that no address leads
 * to, such as dialogs and steps in the middle of a task. Works under the page's content security policy.
 */
export const faultsOf = async (page: Page): Promise<string[]> => {
  const faults: string[] = [];
  for (const { scheme, width } of looks) {
    await page.setViewportSize({ width, height: 900 });
    await turn(page, scheme);
    faults.push(
      ...(await findings(page, scheme === "dark" ? "colours" : undefined)).map(
        (finding) => `${scheme} ${width}: ${finding}`,
      ),
    );
    const over = await sideways(page);
    if (over > 0) faults.push(`${scheme} ${width}: ${over} px too wide`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  return faults;
};
