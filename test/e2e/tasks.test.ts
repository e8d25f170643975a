// What the other screens are for, each done once in the browser, much of it by keyboard alone.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csvFile, hasBrowser, openStage, type Stage, type Visit } from "./browser.ts";
import { importPeople, launchToEveryone } from "./set-up.ts";

const crowd = csvFile("crowd.csv", [
  "email,first name",
  ...Array.from({ length: 300 }, (_, index) => `person${index}@example.org,Person ${index}`),
]);

describe.skipIf(!hasBrowser())("tasks on the screens", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage();
    visit = await stage.visit();
    page = visit.page;
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("offers first steps to a new workspace and sends a test mail from them", async () => {
    await page.getByRole("heading", { name: "First steps" }).waitFor();
    await page.getByRole("button", { name: "Send it" }).click();
    await page.goto("/mailbox");
    await page.getByRole("link", { name: "A test mail from your Learning Center" }).waitFor();
  });

  it("adds a contact, shows a refusal at its field, edits it and writes consent down", async () => {
    await page.goto("/contacts?new=true");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("First name").fill("Hedy");
    await dialog.getByLabel("Email", { exact: true }).first().fill("not an address");
    await dialog.getByRole("button", { name: "Add the contact" }).click();
    await dialog.locator(".mantine-TextInput-error").first().waitFor();
    await dialog.getByRole("textbox", { name: "Email" }).fill("hedy@example.org");
    await dialog.getByRole("button", { name: "Add a field" }).click();
    await dialog.getByLabel("Name of field 1").fill("shoe size");
    await dialog.getByRole("button", { name: "Add the contact" }).click();
    await dialog.getByText("letters, digits, _ and - only").waitFor();
    await dialog.getByLabel("Name of field 1").fill("shoe_size");
    await dialog.getByRole("button", { name: "Add the contact" }).click();
    await page.getByRole("link", { name: "Hedy" }).click();
    await page.getByRole("heading", { level: 1, name: "Hedy" }).waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await dialog.getByLabel("Last name").fill("Lamarr");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Hedy Lamarr" }).waitFor();
    await page.getByRole("button", { name: "Add an entry" }).click();
    await page.getByLabel("On which ground").fill("Asked at the desk");
    await page.getByLabel("Where that is written down").fill("list of May");
    await page.getByLabel("Email", { exact: true }).uncheck();
    await page.getByRole("button", { name: "Write it down" }).click();
    await page.getByText("Choose at least one").waitFor();
    await page.getByLabel("Email", { exact: true }).check();
    await page.getByRole("button", { name: "Write it down" }).click();
    await page.getByText("email: given").waitFor();
    await page.getByText("Gave consent for email").waitFor();
  });

  it("builds a nested segment with a live count and opens it again as it was", async () => {
    await page.goto("/segments/new");
    await page.getByLabel("Name", { exact: true }).fill("Hedys");
    await page.getByLabel("Field", { exact: true }).selectOption("firstName");
    await page.getByLabel("Value for First name").fill("Hedy");
    await page.getByText("1", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Group", exact: true }).click();
    await page.getByLabel("How the conditions combine").nth(1).selectOption("none");
    await page.getByLabel("Value for Tags").fill("left");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Hedys" }).waitFor();
    await page.reload();
    expect(await page.getByLabel("How the conditions combine").nth(1).inputValue()).toBe("none");
    expect(await page.getByLabel("Value for Tags").inputValue()).toBe("left");
  });

  it("suppresses an address, finds it and lifts it again", async () => {
    await page.goto("/suppressions");
    await page.getByRole("button", { name: "Suppress an address" }).first().click();
    await page.getByRole("dialog").getByLabel("Address").fill("gone@example.org");
    await page.keyboard.press("Enter");
    await page
      .getByRole("row", { name: /gone@example\.org/ })
      .getByText("added by hand")
      .waitFor();
    await page.getByRole("button", { name: "Lift the suppression of gone@example.org" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Lift", exact: true }).click();
    await page.getByText("Nobody is suppressed").waitFor();
  });

  it("previews a template with test values, puts a field at the cursor and publishes it", async () => {
    await page.goto("/templates/new");
    await page.getByLabel("Name", { exact: true }).fill("Monthly news");
    await page.getByRole("textbox", { name: "Subject" }).fill("News for ");
    await page.getByRole("button", { name: "Insert a field into the subject" }).click();
    await page.getByRole("menuitem", { name: "firstName" }).click();
    await expect
      .poll(() => page.getByRole("textbox", { name: "Subject" }).inputValue())
      .toBe("News for {{firstName|there}}");
    await page.getByLabel("firstName", { exact: true }).fill("Katherine");
    await page.getByText("News for Katherine").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.locator("header").getByText("published 1").waitFor();
  });

  it("finds screens, campaigns and contacts in the palette by keyboard alone", async () => {
    await page.goto("/");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search people").fill("suppr");
    await page.getByRole("dialog").getByText("Suppressions").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Suppressions" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search people").fill("hedy@");
    await page.getByRole("dialog").getByText("Hedy Lamarr").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Hedy Lamarr" }).waitFor();
  });

  it("pauses a running campaign, resumes it, and cancels what is left", async () => {
    await importPeople(page, crowd);
    await page.goto(`/campaigns/${await launchToEveryone(page, { name: "Slow one", subject: "Slow", perSecond: 5 })}`);
    const state = page.locator("header");
    await page.getByRole("button", { name: "Pause" }).click();
    await state.getByText("paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await state.getByText("sending", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the campaign" }).click();
    await state.getByText("cancelled", { exact: true }).waitFor();
    await page.getByText("have an outcome").waitFor();
  });

  it("holds a campaign whose messages may have been sent, until a person decides", async () => {
    await page.goto("/mailbox");
    await page.getByRole("button", { name: "Faults" }).click();
    await page.getByLabel("What the server does").selectOption("timeout_after_accept");
    await page.getByLabel("How often").fill("2");
    await page.getByRole("button", { name: "Add the fault" }).click();
    await page.getByText("2 times left").waitFor();
    await page.goto(`/campaigns/${await launchToEveryone(page, { name: "Silent server", subject: "Silence" })}`);
    const state = page.locator("header");
    await state.getByText("waiting for your release", { exact: true }).waitFor({ timeout: 90_000 });
    await page.getByText("2 messages may have been sent: decide").waitFor();
    await page.getByRole("button", { name: "Close as failed" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Close them" }).click();
    await state.getByText("completed", { exact: true }).waitFor();
    await page.getByRole("link", { name: /^failed/ }).click();
    await page.getByRole("table", { name: "Ledger" }).getByText("closed by hand, outcome unknown").first().waitFor();
  });

  it("pauses a queue with a reason, sees its work wait live, resumes it, and looks at it over time", async () => {
    await page.goto("/operations/queues");
    const emails = page.getByRole("region", { name: /^emails/ });
    await emails.getByRole("button", { name: "Pause emails" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Sending stops too").waitFor();
    await dialog.getByLabel("Reason").fill("The provider asked for it");
    await dialog.getByRole("button", { name: "Pause" }).click();
    await emails.getByText("The provider asked for it. Nothing of it starts").waitFor();
    const other = await page.context().newPage();
    await other.goto("/settings/sending");
    await other.getByLabel("Send a test mail to").fill("me@acme.org");
    await other.keyboard.press("Enter");
    // Without a reload: the page hears of it.
    await emails.locator("dd").filter({ hasText: "has waited so long" }).waitFor();
    await emails.getByRole("button", { name: "Show its" }).click();
    const type = emails.getByRole("row", { name: /^sender\.test/ });
    await type.getByRole("cell").nth(1).getByText("1", { exact: true }).waitFor();
    await emails.getByRole("button", { name: "Resume emails" }).click();
    await dialog.getByRole("button", { name: "Resume" }).click();
    await type.getByRole("cell").nth(1).getByText("0", { exact: true }).waitFor();
    await type.getByRole("cell").nth(6).getByText(/ms|s/).waitFor();
    await other.close();
    await page
      .getByRole("img", { name: /^Jobs that ended, a minute\. Jobs: latest/ })
      .locator("canvas")
      .waitFor();
    await page.getByText("Table", { exact: true }).click();
    await page.getByRole("table").getByRole("columnheader", { name: "Wait p95" }).last().waitFor();
    expect(new URL(page.url()).searchParams.get("view")).toBe("table");
    await page.goto("/settings/audit");
    await page.getByText("paused the queue emails").waitFor();
  });

  it("takes a backup by hand, which is listed and leads to its job", async () => {
    await page.goto("/settings");
    await page.getByRole("link", { name: "Backups" }).click();
    await page.getByRole("heading", { level: 1, name: "Backups" }).waitFor();
    await page.getByText("There is no backup yet").waitFor();
    await page.getByText("npm run restore -- --list").waitFor();
    await page.getByRole("button", { name: "Take one now" }).click();
    await page.getByText("A backup is being taken.").waitFor();
    await page.getByText("whole", { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByText(/^1 kept, encrypted, the newest from/).waitFor();
    await page.getByText(/^lc-backup-\d{8}T\d{6}Z-[0-9a-f]{8}\.age$/).waitFor();
    await page.getByRole("link", { name: "its job" }).click();
    await page.getByText(/rows in .* MB: lc-backup-/).waitFor();
  });

  it("keeps the chosen theme over a reload and needs no more than the keyboard to leave", async () => {
    await page.goto("/");
    await page.getByRole("button", { name: /^Colours/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await page.reload();
    expect(await page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
    // This browser asks for less motion: then nothing is in transition when the colours of everything change.
    expect(await page.evaluate("getComputedStyle(document.body).transitionProperty")).toBe("none");
    await page.getByRole("button", { name: /owner@example\.org/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.goto("/contacts");
    await page.getByRole("button", { name: "Sign in" }).waitFor();
  });

  it("never broke a script nor the content security policy on the way", () => {
    expect(visit.faults).toEqual([]);
  });
});
