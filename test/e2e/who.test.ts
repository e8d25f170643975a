// Who got what, in the browser: one person's page, the search over all messages, suppressions and the search box.
import { readFileSync } from "node:fs";
import type { Download, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csvFile, hasBrowser, openStage, type Stage, type Visit } from "./browser.ts";
import { importPeople, launchToEveryone, post, reached } from "./set-up.ts";

const people = csvFile("visitors.csv", [
  "email,phone,first name,last name",
  "ada@example.org,+12025550123,Ada,Lovelace",
  "grace@example.org,,Grace,Hopper",
  "mary@example.org,,Mary,Jackson",
]);

const contents = async (download: Download): Promise<string> => readFileSync(await download.path(), "utf8");
const downloaded = async (page: Page, name: RegExp): Promise<string> => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return contents(download);
};

describe.skipIf(!hasBrowser())("who got what", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage();
    visit = await stage.visit();
    page = visit.page;
    await importPeople(page, people);
    await post(page, "/suppressions", { channel: "email", address: "mary@example.org", reason: "manual" });
    const campaign = await launchToEveryone(page, { name: "June news", subject: "News for {{firstName}}" });
    await reached(page, `/campaigns/${campaign}`, "completed");
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("finds one person's message, why another got none, and takes exactly the shown rows along as CSV", async () => {
    await page.goto("/messages");
    await page.getByText("3 messages so far").waitFor();
    await page.getByLabel("Search messages").fill("lovelace");
    await page.getByText("1 message matches").waitFor();
    await page.getByRole("link", { name: "ada@example.org" }).click();
    const drawer = page.getByRole("dialog", { name: "ada@example.org" });
    await drawer.getByText("News for Ada").waitFor();
    await drawer.getByRole("link", { name: "June news" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Show all" }).click();
    await page.getByLabel("State").selectOption("skipped");
    const row = page.getByRole("row", { name: /mary@example\.org/ });
    await row.getByText("on the suppression list").waitFor();
    const csv = await downloaded(page, /^Download as CSV, 1 row/);
    expect(csv.charCodeAt(0)).toBe(0xfeff);
    const lines = csv.trim().split("\r\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("mary@example.org,skipped,suppressed");
  });

  it("tells on a person's page what happened, suppresses a number and lifts it again", async () => {
    await page.goto("/contacts");
    await page.getByRole("link", { name: "Ada Lovelace" }).click();
    await page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
    await page.getByText("Came with an import").waitFor();
    await page.getByText("taken by the provider · Campaign June news").waitFor();
    await page.getByRole("button", { name: "Suppress", exact: true }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Email to ada@example.org").uncheck();
    await dialog.getByLabel("Phone calls to +12025550123").uncheck();
    await dialog.getByRole("button", { name: "Suppress" }).click();
    await page.getByText("Suppressed for SMS").waitFor();
    await page.getByLabel("Kind").selectOption("suppression");
    await expect.poll(() => page.getByText("Came with an import").count()).toBe(0);
    await page.getByRole("button", { name: "Lift the suppression for SMS" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Lift", exact: true }).click();
    await page.getByText("No address of this contact is suppressed").waitFor();
    const held = JSON.parse(await downloaded(page, /^Export/)) as { contact: { email: string }; messages: unknown[] };
    expect([held.contact.email, held.messages.length]).toEqual(["ada@example.org", 1]);
  });

  it("finds suppressed numbers however they are written, and exports the list", async () => {
    await page.goto("/suppressions");
    await page.getByRole("button", { name: "Suppress an address" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Channel").selectOption("sms");
    await dialog.getByLabel("Address").fill("(202) 555-0199");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: /\+12025550199/ }).waitFor();
    await page.getByLabel("Search addresses").fill("+1 (202) 555-01");
    await page.getByText("1 address matches").waitFor();
    const lines = (await downloaded(page, /^Download as CSV, 1 row/)).trim().split("\r\n");
    // A leading + would be a formula to a spreadsheet.
    expect(lines[1]).toMatch(/^'\+12025550199,sms,manual,/);
  });

  it("finds people and messages from the search box by keyboard", async () => {
    await page.goto("/");
    await page.getByRole("button", { name: /^Find anything/ }).click();
    await page.getByPlaceholder("Search people").fill("grace");
    const box = page.getByRole("dialog");
    await box.getByText("Grace Hopper").waitFor();
    await box.getByText("News for Grace").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Grace Hopper" }).waitFor();
    // What was begun about one person is not done to another, who is shown by Back.
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search people").fill("lovelace");
    await box.getByText("Ada Lovelace").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog", { name: "Edit Ada Lovelace" }).getByLabel("First name").fill("Augusta");
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Grace Hopper" }).waitFor();
    await page.getByLabel("First name").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search people").fill("june ne");
    // Campaigns stand above messages; each kind of answer comes at its own time.
    await box.getByText("completed", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "June news" }).waitFor();
  });

  it("erases a person who asked for it, after their address was typed", async () => {
    await page.goto("/contacts?q=grace");
    await page.getByRole("link", { name: "Grace Hopper" }).click();
    await page.getByRole("button", { name: "More acts" }).click();
    await page.getByRole("menuitem", { name: "Erase for good" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Type grace@example.org to confirm").fill("somebody");
    await page.keyboard.press("Enter");
    await dialog.getByText("is not the email, phone or name of this contact").waitFor();
    await dialog.getByLabel("Type grace@example.org to confirm").fill("grace@example.org");
    await page.keyboard.press("Enter");
    await page.getByText("The person is being erased").waitFor();
    await page.goto("/messages");
    await page.getByText("3 messages so far").waitFor();
    await expect
      .poll(async () => {
        await page.reload();
        await page.getByRole("row").nth(2).waitFor();
        return page.getByRole("link", { name: "erased person" }).count();
      })
      .toBe(1);
    expect(await page.getByText("grace@example.org").count()).toBe(0);
  });

  it("never broke a script nor the content security policy on the way", () => {
    expect(visit.faults).toEqual([]);
  });
});
