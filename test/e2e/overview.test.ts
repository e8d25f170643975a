// The Overview on day one: a sample to look at, a checklist that is ticked by what happens, and one button that takes
// the sample away and nothing else.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findings } from "./accessibility.ts";
import {
  confirmAndLaunch,
  csvFile,
  hasBrowser,
  importThroughScreens,
  openStage,
  type Stage,
  type Visit,
  wizardToConfirm,
} from "./browser.ts";

const done = (page: Page, step: string) => page.getByRole("listitem").filter({ hasText: `${step} (done)` });

describe.skipIf(!hasBrowser())("the first day", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage({ sample: true });
    visit = await stage.visit();
    page = visit.page;
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("shows the sample's figures, and is accessible with its question in both themes, also on a phone", async () => {
    await page.getByText("200 made-up people").waitFor();
    await page.getByRole("link", { name: "Sample: what would help you this season?" }).waitFor();
    await page.getByText("1 of 4 done").waitFor();
    for (const scheme of ["light", "dark"] as const) {
      const look = await stage.visit({ scheme, width: 360, height: 780, bypassCSP: true });
      await look.page.getByRole("heading", { name: "The last 7 days" }).waitFor();
      expect(await findings(look.page)).toEqual([]);
      await look.page.getByRole("button", { name: "Remove the sample" }).click();
      await look.page.getByRole("dialog").getByText("200 people of the sample").waitFor();
      expect(await findings(look.page)).toEqual([]);
      expect(await look.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(
        0,
      );
      await look.page.keyboard.press("Escape");
      await look.context.close();
    }
  });

  it("ticks each step when it has really happened, and goes when all have", async () => {
    await page.getByRole("button", { name: "Send it" }).click();
    await done(page, "Send yourself a test mail").waitFor();
    await importThroughScreens(
      page,
      csvFile("mine.csv", ["email,first name,phone", "ada@own.org,Ada,+1 202 555 0143"]),
    );
    await page.goto("/");
    await done(page, "Bring your people in").waitFor();
    await page.getByText("3 of 4 done").waitFor();
    const recipients = await wizardToConfirm(page, { name: "My first", subject: "Hello" });
    await page.getByText("nobody outside gets anything").waitFor();
    await page.getByText("The mail still has the words that it started with").waitFor();
    await confirmAndLaunch(page, recipients);
    await page.goto("/");
    await page.getByRole("link", { name: "My first" }).first().waitFor();
    await page.getByRole("heading", { name: "The last 7 days" }).waitFor();
    expect(await page.getByRole("heading", { name: "First steps" }).count()).toBe(0);
  });

  it("removes the sample by one button, and leaves what the person added", async () => {
    await page.getByRole("button", { name: "Remove the sample" }).click();
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.getByRole("complementary", { name: "Sample workspace" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Sample: what would help you this season?" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "My first" }).first().waitFor();
    await page.goto("/contacts");
    await page.getByRole("link", { name: "Ada" }).waitFor();
    expect(await page.getByRole("link", { name: "Silva" }).count()).toBe(0);
    expect(visit.faults).toEqual([]);
  });
});
