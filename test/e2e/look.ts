// A look at what a page shows right now, for states that no address leads to: dialogs, and steps in the middle of a task.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const looks = [
  { scheme: "light", width: 1280 },
  { scheme: "light", width: 360 },
  { scheme: "dark", width: 360 },
  { scheme: "dark", width: 1280 },
] as const;

/** What is wrong in light and dark, wide and narrow: serious findings of axe, and pages that scroll sideways. Needs a visit with bypassCSP. */
export const faultsOf = async (page: Page): Promise<string[]> => {
  const faults: string[] = [];
  for (const { scheme, width } of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: "attached" });
    // Colours have arrived when the page has painted and no transition runs any more.
    await page.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))");
    await page.waitForFunction("document.getAnimations().every((one) => one.playState !== 'running')");
    await page.evaluate(axe);
    const results = (await page.evaluate("axe.run(document, { iframes: false })")) as AxeResults;
    for (const { id, impact, nodes } of results.violations)
      if (impact === "serious" || impact === "critical")
        faults.push(`${scheme} ${width}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
    const over = Number(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth"));
    if (over > 0) faults.push(`${scheme} ${width}: ${over} px too wide`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  return faults;
};
