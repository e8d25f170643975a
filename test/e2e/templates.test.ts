// A template from its first line to a campaign: written in MJML beside its preview, mended where a finding points,
// published, tried on an address, compared with the version before, and sent.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findings, sideways } from "./accessibility.ts";
import { confirmAndLaunch, csvFile, hasBrowser, openStage, type Stage, signIn, type Visit } from "./browser.ts";
import { importPeople } from "./set-up.ts";

const people = csvFile("people.csv", ["email,first name", "ada@example.org,Ada", "grace@example.org,Grace"]);

describe.skipIf(!hasBrowser())("templates", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;
  let path = "";

  const source = () => page.getByRole("textbox", { name: "Content (MJML)" });
  const change = async (from: string, to: string) => source().fill((await source().inputValue()).replace(from, to));
  const preview = () => page.frameLocator("iframe[title='Preview of the mail']");
  const header = () => page.locator("header");

  beforeAll(async () => {
    stage = await openStage();
    visit = await stage.visit();
    page = visit.page;
    await importPeople(page, people);
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("begin with a starting point in MJML and are previewed as a person gets them", async () => {
    await page.goto("/templates/new");
    await page.getByRole("button", { name: /^Announcement/ }).click();
    await page.getByLabel("Name", { exact: true }).fill("Big news");
    await preview().getByText("Hello Ada,").waitFor();
    await page.getByLabel("Preview as").selectOption({ label: "As Grace" });
    await preview().getByText("Hello Grace,").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await header().getByText("draft", { exact: true }).waitFor();
    path = new URL(page.url()).pathname;
  });

  it("lead from a finding to its line, and are published once it is mended", async () => {
    await change("{{firstName|there}}", "{{frstName}}");
    await page.getByRole("button", { name: /Did you mean \{\{firstName\}\}/ }).click();
    const selected = await page.evaluate("document.getSelection()?.toString()");
    expect(selected).toContain("{{frstName}}");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("alert").filter({ hasText: "frstName" }).waitFor();
    await change("{{frstName}}", "{{firstName|there}}");
    await page.getByText("Did you mean").first().waitFor({ state: "detached" });
    await page.keyboard.press("Control+s");
    await page.getByRole("button", { name: "Saved" }).waitFor();
    await page.getByRole("button", { name: "Publish" }).click();
    await header().getByText("published 1", { exact: true }).waitFor();
  });

  it("arrive as a test, and the dialog says what became of it", async () => {
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByLabel("To", { exact: true }).fill("tester@example.org");
    await page.getByRole("button", { name: "Send the test" }).click();
    await page.getByRole("list", { name: "Test mails" }).getByText("taken by the provider").waitFor();
    await page.getByRole("link", { name: "Open the mailbox" }).click();
    await page.getByRole("link", { name: "[Test] News for Analytical Engines" }).waitFor();
  });

  it("ask before unsaved changes are left, and show what two versions differ in", async () => {
    await page.goto(path);
    await source().waitFor();
    await change("Say what is new", "We move house");
    await page.getByRole("link", { name: "Templates" }).first().click();
    await page.getByRole("dialog").getByText("Leave without saving?").waitFor();
    await page.getByRole("button", { name: "Stay" }).click();
    await page.getByRole("button", { name: "Publish" }).click();
    await header().getByText("published 2", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Versions" }).click();
    await page.getByRole("button", { name: "Compare version 1 with the draft" }).click();
    const changes = page.getByRole("region", { name: "Changes" });
    await changes.getByText("Say what is new").waitFor();
    await changes.getByText("We move house").waitFor();
    await page.getByRole("button", { name: "Make it the draft: version 1" }).click();
    await header().getByText("published 2, changed since").waitFor();
    expect(await source().inputValue()).toContain("Say what is new");
    await page.keyboard.press("Escape");
  });

  it("keep what is typed when a look at them fails, and when the session ends meanwhile", async () => {
    await page.goto(path);
    await source().waitFor();
    const subject = page.getByRole("textbox", { name: "Subject" });
    const before = await subject.inputValue();
    await subject.fill("Typed and not saved");
    const one = `**/api${path.replace("/templates/", "/v1/templates/")}`;
    await page.route(one, (asked) =>
      asked.request().method() === "GET" ? asked.fulfill({ status: 500, body: "{}" }) : asked.continue(),
    );
    for (const act of ["Archive", "Take out of the archive"]) {
      const looked = page.waitForResponse((answer) => answer.status() === 500);
      await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("menuitem", { name: act }).click();
      await looked;
    }
    await page.unroute(one);
    expect(await subject.inputValue()).toBe("Typed and not saved");

    const { csrfToken } = (await (await page.request.get("/api/v1/auth/me")).json()) as { csrfToken: string };
    const headers = { "x-csrf-token": csrfToken, origin: stage.url };
    expect((await page.request.post("/api/v1/auth/logout", { headers })).ok()).toBe(true);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").getByText("You are signed out").waitFor();
    await page.getByRole("button", { name: "Stay" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const elsewhere = await page.context().newPage();
    await signIn(elsewhere);
    await elsewhere.close();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Saved" }).waitFor();
    expect(await subject.inputValue()).toBe("Typed and not saved");
    await subject.fill(before);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Saved" }).waitFor();
  }, 60_000);

  it("are chosen in a campaign, previewed as a person, and sent as they were published", async () => {
    await page.goto("/campaigns/new");
    await page.getByLabel("Name", { exact: true }).fill("From a template");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Use a template").click();
    await page.getByLabel("Template", { exact: true }).selectOption({ label: "Big news (version 2)" });
    await page.getByLabel("Preview as").selectOption({ label: "As Grace" });
    await preview().getByText("We move house").waitFor();
    for (const step of ["Preflight", "Schedule", "Confirm"]) {
      await page.getByRole("button", { name: "Continue" }).click();
      await page.locator("[aria-current=step]", { hasText: step }).waitFor();
    }
    await page.getByText("template “Big news”").waitFor();
    await confirmAndLaunch(page, 2);
    await header().getByText("completed", { exact: true }).waitFor({ timeout: 60_000 });
    const { data } = (await (await page.request.get("/sandbox/mail?to=grace@example.org")).json()) as {
      data: { html: string }[];
    };
    expect(data[0]?.html).toContain("We move house");
    await page.goto("/templates");
    await page
      .getByRole("row", { name: /Big news/ })
      .getByText("1 campaign")
      .waitFor();
  });

  for (const scheme of ["light", "dark"] as const) {
    it(`are accessible with all their dialogs in ${scheme}, also on a phone`, async () => {
      const wrong: string[] = [];
      for (const width of [1280, 360]) {
        const { page: other, context } = await stage.visit({ scheme, width, height: 780, bypassCSP: true });
        const look = async (what: string) => {
          wrong.push(...(await findings(other)).map((finding) => `${what}, ${width} px: ${finding}`));
          if ((await sideways(other)) > 0) wrong.push(`${what}, ${width} px: too wide`);
        };
        await other.goto(path);
        await other.getByText(/of HTML\.$/).waitFor();
        await look("the editor");
        await other.getByRole("button", { name: "Versions" }).click();
        await other.getByRole("button", { name: "Compare version 2 with the draft" }).click();
        await other.getByRole("region", { name: "Changes" }).waitFor();
        await look("versions");
        await other.keyboard.press("Escape");
        await other.getByRole("dialog").waitFor({ state: "detached" });
        await other.getByRole("button", { name: "Send a test" }).click();
        await other.getByRole("button", { name: "Send the test" }).waitFor();
        await look("a test");
        await context.close();
      }
      expect(wrong).toEqual([]);
    });
  }

  it("never broke a script nor the content security policy on the way", () => {
    expect(visit.faults).toEqual([]);
  });
});
