// Imports in the browser: a list without consent that preflight offers to complete, a second file that is read as the
// last one, and undoing it, with the numbers beforehand.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf } from "./accessibility.ts";
import { csvFile, hasBrowser, openStage, type Stage, type Visit } from "./browser.ts";

const people = (name: string, from: number, extra: readonly string[] = []) =>
  csvFile(name, [
    "Kontakt,Rufname,Ort",
    ...Array.from({ length: 12 }, (_, i) => `person${from + i}@example.org,Person ${from + i},Bonn`),
    ...extra,
  ]);

describe.skipIf(!hasBrowser())("imports on the screens", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage();
    visit = await stage.visit({ bypassCSP: true });
    page = visit.page;
  });
  afterAll(async () => {
    await stage?.close();
  });

  const next = (step: string) =>
    page
      .getByRole("button", { name: "Continue" })
      .click()
      .then(() => page.locator("[aria-current=step]", { hasText: step }).waitFor());
  const completed = () => page.locator("header").getByText("completed", { exact: true }).waitFor();

  it("takes in a list without consent, says what that means, and shows each wrong cell", async () => {
    await page.goto("/imports/new");
    await page.getByLabel("CSV file").setInputFiles(people("first.csv", 0, ["not an address,Max,Ulm"]));
    await page.getByLabel("Encoding").waitFor();
    await next("Columns");
    await page.getByLabel("Field for the column Kontakt").selectOption("email");
    await page.getByLabel("Field for the column Rufname").selectOption("firstName");
    await page.getByLabel("Field for the column Ort").selectOption("attrs.ort");
    await next("Check");
    await next("Consent");
    const start = page.getByRole("button", { name: "Start the import" });
    expect(await start.isDisabled()).toBe(true);
    await page.getByLabel("No, or I do not know").check();
    await page.getByText("None of them will get a campaign").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await start.click();
    await completed();
    await page.getByText("Campaigns leave these people out").waitFor();
    await page.getByRole("table", { name: "Refused rows" }).getByText("Kontakt:").waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it("offers in preflight to record their consent, and counts again", async () => {
    await page.goto("/campaigns/new");
    await page.getByLabel("Name", { exact: true }).fill("News");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("textbox", { name: "Subject" }).fill("News");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("12 contacts came with first.csv").waitFor();
    await page.getByRole("button", { name: "Record consent" }).click();
    const dialog = page.getByRole("dialog", { name: "Record consent" });
    await dialog.getByLabel("On which ground").fill("Asked at the summer party");
    await dialog.getByLabel("Where that is written down").fill("paper list, cupboard");
    await dialog.getByRole("checkbox", { name: "Each of these people agreed" }).check();
    expect(await faultsOf(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Record consent" }).click();
    await dialog.getByText("Recorded for 12 contacts").waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByText("12 contacts came with first.csv").waitFor({ state: "detached" });
    await page.getByText("Will get it").locator("..").getByText("12", { exact: true }).waitFor();
  });

  it("reads a second file with these columns as last time", async () => {
    await page.goto("/imports/new");
    // Eight of them are there already.
    await page.getByLabel("CSV file").setInputFiles(people("second.csv", 4));
    await page.getByText("As last time: first.csv").waitFor();
    await next("Columns");
    expect(await page.getByLabel("Field for the column Kontakt").inputValue()).toBe("email");
    expect(await page.getByLabel("Field for the column Ort").inputValue()).toBe("attrs.ort");
    await next("Check");
    await next("Consent");
    await page.getByLabel("These people agreed").check();
    await page.getByLabel("On which ground").fill("Signed up");
    await page.getByLabel("Where that is written down").fill("form");
    await page.getByRole("button", { name: "Start the import" }).click();
    await page.getByRole("heading", { level: 1, name: "second.csv" }).waitFor();
    await completed();
  });

  it("undoes it after showing what would become of whom", async () => {
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Undo this import?" });
    await dialog.getByText("4 contacts that it brought will be removed").waitFor();
    await dialog.getByText("8 contacts that it changed will be as they were before").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Undo the import" }).click();
    await page.locator("header").getByText("undone", { exact: true }).waitFor();
    await page.getByText("4 contacts were removed").waitFor();
    await page.goto("/contacts");
    await page.getByRole("link", { name: "Person 11" }).waitFor();
    expect(await page.getByRole("link", { name: "Person 12" }).count()).toBe(0);
  });

  it("never broke a script nor asked for what the policy refuses", () => {
    expect(visit.faults).toEqual([]);
  });
});
