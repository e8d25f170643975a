// Lists of people on the screens: a nested segment, views of contacts, and acts on exactly as many as were confirmed.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csvFile, hasBrowser, openStage, type Stage, type Visit } from "./browser.ts";
import { importPeople, post } from "./set-up.ts";

const people = csvFile("people.csv", [
  "email,first name,city,tags",
  ...Array.from({ length: 250 }, (_, i) => `person${i}@example.org,Person ${i},${i % 2 ? "Lyon" : "Köln"},all`),
  "odd@example.org,=1+2,Lyon,all;odd",
]);

describe.skipIf(!hasBrowser())("lists of people", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage();
    visit = await stage.visit();
    page = visit.page;
    await importPeople(page, people);
  });
  afterAll(async () => {
    await stage?.close();
  });

  const dialog = () => page.getByRole("dialog");

  it("builds a nested segment with count, sentence and suggestions, and moves a condition by keyboard", async () => {
    await page.goto("/segments/new");
    await page.getByLabel("Name", { exact: true }).fill("Lyon, not odd");
    await page.getByLabel("Field", { exact: true }).selectOption("attrs.city");
    const city = page.getByLabel("Value for city");
    await city.fill("Ly");
    await page.locator("datalist option[value=Lyon]").first().waitFor({ state: "attached" });
    await city.fill("lyon");
    await page.getByText("126", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Group", exact: true }).click();
    await page.getByLabel("How the conditions combine").nth(1).selectOption("none");
    await page.getByLabel("Value for Tags").fill("odd");
    await page.getByText("125", { exact: true }).waitFor();
    await page.getByText('Everybody for whom city is "lyon" and not (tag is "odd").').waitFor();
    await page.getByRole("button", { name: "Move the group up" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText('Everybody for whom not (tag is "odd") and city is "lyon".').waitFor();
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe("Move the group up");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Lyon, not odd" }).waitFor();
    await page.getByText("Nowhere yet.").waitFor();
    await page.reload();
    await page.getByText("125", { exact: true }).waitFor();
    expect(await page.getByLabel("How the conditions combine").nth(1).inputValue()).toBe("none");
  });

  it("tells what a condition lacks at its own row", async () => {
    await page.goto("/segments/new");
    await page.getByLabel("Field", { exact: true }).selectOption("score");
    await page.getByLabel("Value for Score").fill("many");
    await page.getByText("Expected a number").waitFor();
    await page.getByLabel("Field", { exact: true }).selectOption("createdAt");
    await page.getByLabel("Value for Added").fill("30");
    await page.getByText("251", { exact: true }).waitFor();
    await page.getByText("time of creation is after 30 days ago").waitFor();
  });

  it("shows the segment that a campaign is for, also when the page is loaded anew", async () => {
    await page.goto("/segments");
    await page.getByRole("link", { name: "Lyon, not odd" }).click();
    await page.getByRole("link", { name: "Write to them" }).click();
    await page.getByRole("heading", { level: 1, name: "New campaign" }).waitFor();
    await page.reload();
    const segment = page.getByLabel("Segment", { exact: true });
    await segment.locator("option", { hasText: "Lyon, not odd" }).waitFor({ state: "attached" });
    expect(await segment.locator("option:checked").textContent()).toBe("Lyon, not odd");
  });

  it("narrows the list by a facet with its count, keeps it as a view and comes back to it", async () => {
    await page.goto("/contacts");
    const filters = page.getByRole("complementary", { name: "Filters" });
    await filters.getByRole("button", { name: /^odd\s*1$/ }).click();
    await page.getByText("1 contact match").waitFor();
    await page.getByRole("button", { name: "Save as a view" }).click();
    await dialog().getByLabel("Name").fill("Odd ones");
    await dialog().getByRole("button", { name: "Save the view" }).click();
    await page.getByRole("button", { name: "Everybody" }).click();
    await page.getByText("251 contacts").first().waitFor();
    await page.getByRole("navigation", { name: "Saved views" }).getByRole("button", { name: "Odd ones" }).click();
    await page.getByRole("link", { name: "=1+2" }).waitFor();
    expect(new URL(page.url()).searchParams.get("tag")).toBe("odd");
  });

  it("tags all that match, however few are loaded, with the exact number on the button", async () => {
    await page.goto("/contacts?tag=all");
    await page.getByLabel("Select all rows shown").check();
    await page.getByText("100 contacts chosen").waitFor();
    await page.getByRole("button", { name: "Choose all 251 that match" }).click();
    await page
      .getByRole("region", { name: "Chosen contacts" })
      .getByRole("button", { name: "Tag", exact: true })
      .click();
    await dialog().getByText("251 contacts", { exact: true }).waitFor();
    await dialog().getByLabel("Tag", { exact: true }).fill("spring");
    await dialog().getByRole("button", { name: "Tag 251 contacts" }).click();
    await dialog().getByText("Done: 251 tagged.").waitFor();
    await dialog().getByRole("button", { name: "Close" }).last().click();
    await page
      .getByRole("complementary", { name: "Filters" })
      .getByRole("button", { name: /^spring\s*251$/ })
      .waitFor();
  });

  it("shows what an act changed also when its dialog was closed before the end", async () => {
    await post(page, "/job-types/contacts.bulk/pause", {});
    await page.goto("/contacts?tag=odd");
    await page.getByLabel("Select =1+2").check();
    await page
      .getByRole("region", { name: "Chosen contacts" })
      .getByRole("button", { name: "Tag", exact: true })
      .click();
    await dialog().getByLabel("Tag", { exact: true }).fill("paused");
    await dialog().getByRole("button", { name: "Tag 1 contact" }).click();
    await dialog().getByText("It carries on when you close this").waitFor();
    await dialog().getByRole("button", { name: "Close" }).last().click();
    await dialog().waitFor({ state: "detached" });
    await post(page, "/job-types/contacts.bulk/resume", {});
    await page.getByRole("row", { name: /=1\+2/ }).getByText("and 2 more").waitFor();
  });

  it("refuses to act when the number has changed, and shows the new one", async () => {
    await page.goto("/contacts");
    await page.getByLabel("Select all rows shown").check();
    await page.getByRole("button", { name: /^Choose all/ }).click();
    await page.getByRole("button", { name: "Suppress", exact: true }).click();
    await dialog().getByText("251 contacts", { exact: true }).waitFor();
    const other = await stage.visit();
    await other.page.goto("/contacts?new=true");
    await other.page.getByRole("dialog").getByRole("textbox", { name: "Email" }).fill("late@example.org");
    await other.page.getByRole("dialog").getByRole("button", { name: "Add the contact" }).click();
    await other.page.getByRole("link", { name: "late@example.org" }).waitFor();
    await other.context.close();
    await dialog().getByRole("button", { name: "Suppress 251 contacts" }).click();
    await dialog().getByText("You confirmed 251 contacts; now there are 252.").waitFor();
    await dialog().getByRole("button", { name: "Show the new number" }).click();
    await dialog().getByText("252 contacts", { exact: true }).waitFor();
    await dialog().getByRole("button", { name: "Leave it" }).click();
    await dialog().waitFor({ state: "detached" });
  });

  it("does not show a deleted contact again by Back", async () => {
    await page.goto("/contacts?q=late@");
    await page.getByRole("link", { name: "late@example.org" }).click();
    await page.getByRole("button", { name: "More acts" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog().getByRole("button", { name: "Delete" }).click();
    await page.getByText("251 contacts", { exact: true }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "No such contact" }).waitFor();
  });

  it("exports the chosen contacts as a file that opens as CSV without a formula", async () => {
    await page.goto("/contacts?tag=odd");
    await page.getByLabel("Select =1+2").focus();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Export" }).click();
    await dialog().getByRole("button", { name: "Export 1 contact" }).click();
    await dialog().getByText("Done: 1 exported.").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog()
        .getByRole("link", { name: /^Fetch the file/ })
        .click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^contacts-[\w-]+\.csv$/);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString("utf8").split("\r\n");
    expect(lines[0]).toMatch(/^\ufeffemail,phone,firstName,.*attrs\.city$/);
    expect(lines[1]).toMatch(/^odd@example\.org,,'=1\+2,.*all;odd.*Lyon$/);
    expect(lines.slice(2)).toEqual([""]);
    await page.keyboard.press("Escape");
    await page.goto("/contacts?acts=true");
    await dialog().getByText("Tag 251 contacts “spring”").waitFor();
    await dialog().getByText("Export 1 contact").waitFor();
  });

  it("never broke a script nor the content security policy on the way", () => {
    expect(visit.faults).toEqual([]);
  });
});
