// The first journey, as a person does it in the browser: contacts in from a file, a campaign out to them, and the answer
// to who got it, who did not, and why.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../helpers/processes.ts";
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

const people = csvFile("people.csv", [
  "E-Mail,First name,Last name,Phone,City,Tags",
  "ada@example.org,Ada,Byron,,London,workshop",
  "grace@example.org,Grace,Hopper,,Arlington,workshop",
  "alan@example.org,Alan,Turing,,London,newsletter",
  ",Radia,Perlman,+1 415 555 0134,,workshop",
  "not-an-address,Max,Wrong,,,newsletter",
]);

describe.skipIf(!hasBrowser())("outreach in the browser", () => {
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

  it("imports a file, shows what was refused and lists the rest as contacts", async () => {
    await importThroughScreens(page, people);
    const refused = page.getByRole("table", { name: "Refused rows" });
    await refused.getByText("not-an-address").first().waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download as CSV" }).click();
    expect((await download).suggestedFilename()).toMatch(/\.csv$/);

    await page.goto("/contacts");
    await page.getByText("4 contacts").waitFor();
    await page.getByLabel("Search contacts").fill("grace");
    await page.getByText("1 contact match").waitFor();
    expect(new URL(page.url()).searchParams.get("q")).toBe("grace");
    await page.getByRole("link", { name: "Grace Hopper" }).click();
    await page.getByText("email: given").waitFor();
  });

  it("says before the launch who would be left out and why, and undoes a launch within ten seconds", async () => {
    const recipients = await wizardToConfirm(page, {
      name: "Spring workshops",
      subject: "Workshops for {{firstName|you}}",
    });
    expect(recipients).toBe(3);
    const launch = page.getByRole("button", { name: /^Launch to/ });
    await page.getByLabel(/^Type .+ to confirm$/).fill("4");
    expect(await launch.isDisabled()).toBe(true);
    await page.getByLabel(/^Type .+ to confirm$/).fill("3");
    await launch.click();
    await page.getByRole("button", { name: "Undo" }).click();
    await launch.waitFor();
    await page.goto("/campaigns");
    await page
      .getByRole("row", { name: /Spring workshops/ })
      .getByText("draft")
      .waitFor();
  });

  it("launches, completes live, and shows in the ledger why one person got nothing", async () => {
    await page.getByRole("link", { name: "Spring workshops" }).click();
    await page.getByRole("link", { name: "Continue" }).click();
    for (const step of ["Content", "Preflight", "Schedule", "Confirm"]) {
      await page.getByRole("button", { name: "Continue" }).click();
      await page.locator("[aria-current=step]", { hasText: step }).waitFor();
    }
    await confirmAndLaunch(page, 3);
    await page.locator("header").getByText("completed", { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByText("4 of 4 have an outcome").waitFor();

    await page.getByRole("link", { name: /not sent/ }).click();
    const ledger = page.getByRole("table", { name: "Ledger" });
    await ledger.getByText("no address for this channel").waitFor();
    expect(new URL(page.url()).searchParams.get("state")).toBe("skipped");
    await ledger.getByRole("link").first().click();
    await page.getByRole("dialog").getByText("no address for this channel").waitFor();
    await page.reload();
    await page.getByRole("dialog").getByText("no address for this channel").waitFor();
  });

  it("shows the mail in the mailbox as the person sees it, with one-click unsubscribe in its headers", async () => {
    await page.goto("/mailbox");
    await page.getByLabel("Search the mailbox").fill("grace@example.org");
    await page.getByRole("link", { name: "Workshops for Grace" }).click();
    const mail = page.getByRole("dialog");
    await mail
      .frameLocator("iframe")
      .getByRole("heading", { name: /Hello Grace/ })
      .waitFor();
    // Looking at it here is no open; loading its pictures is the first one.
    await mail.getByRole("button", { name: "Show pictures" }).click();
    const { data } = await (await page.request.get("/api/v1/campaigns")).json();
    const opens = async () =>
      (await (await page.request.get(`/api/v1/campaigns/${data[0].id}/stats`)).json()).opens.all as number;
    await until("the open is counted", async () => (await opens()) > 0);
    expect(await opens()).toBe(1);
    await mail.getByRole("tab", { name: "Headers" }).click();
    await mail.getByText("List-Unsubscribe=One-Click").waitFor();
  });

  it("never broke a script nor the content security policy on the way", () => {
    expect(visit.faults).toEqual([]);
  });

  it("runs no script that somebody got onto the page, and lets no mail out of its frame", async () => {
    const injected = `new Promise((resolve) => {
      const refused = [];
      addEventListener("securitypolicyviolation", ({ effectiveDirective }) => refused.push(effectiveDirective));
      const script = document.createElement("script");
      script.textContent = "window.ranInline = true";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.ranHandler = true">');
      const foreign = document.createElement("script");
      foreign.src = "https://evil.example/x.js";
      document.body.append(foreign);
      const frame = document.querySelector("iframe[sandbox]");
      const mail = document.createElement("iframe");
      mail.setAttribute("sandbox", frame?.getAttribute("sandbox") ?? "none there");
      mail.srcdoc = "<script>parent.ranMail = true<" + "/script><a id=x>";
      mail.onload = () => setTimeout(() => resolve({ refused, sandbox: mail.getAttribute("sandbox"),
        ran: [window.ranInline, window.ranHandler, window.ranMail].filter(Boolean).length }), 100);
      document.body.append(mail);
    })`;
    await page.getByRole("dialog").getByRole("tab", { name: "As people see it" }).click();
    await page.getByRole("dialog").locator("iframe").waitFor();
    const { refused, sandbox, ran } = (await page.evaluate(injected)) as Record<string, unknown>;
    expect([ran, sandbox]).toEqual([0, "allow-popups allow-popups-to-escape-sandbox"]);
    expect(refused).toEqual(expect.arrayContaining(["script-src-elem", "script-src-attr"]));
  });
});
