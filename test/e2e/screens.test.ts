// Every screen in both themes and on a narrow phone: nothing serious for assistive technology, nothing that scrolls
// sideways, nothing out of reach.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findings, holds, sideways, turn } from "./accessibility.ts";
import {
  confirmAndLaunch,
  csvFile,
  hasBrowser,
  importThroughScreens,
  openStage,
  owner,
  type Stage,
  wizardToConfirm,
} from "./browser.ts";

const people = csvFile("people.csv", [
  "email,first name,tags",
  "ada@example.org,Ada,workshop",
  "grace@example.org,Grace,workshop",
  "wrong,Max,workshop",
]);

const wide = { width: 1280, height: 780 };
const phone = { width: 360, height: 780 };

/** First id of a list of the API. */
const firstId = async (page: Page, path: string): Promise<string> => {
  const { data } = (await (await page.request.get(path)).json()) as { data: { id: string }[] };
  return data[0]?.id ?? "none";
};

/** Name of a process, ready to be put into an address. */
const firstNode = async (page: Page): Promise<string> => {
  const { data } = (await (await page.request.get("/api/v1/workers")).json()) as { data: { node: string }[] };
  return encodeURIComponent(data[0]?.node ?? "none");
};

describe.skipIf(!hasBrowser())("all screens", () => {
  let stage: Stage;
  let paths: Record<string, string> = {};

  beforeAll(async () => {
    stage = await openStage();
    const { page, context } = await stage.visit();
    await importThroughScreens(page, people);
    await page.goto("/segments/new");
    await page.getByLabel("Name", { exact: true }).fill("Workshop people");
    await page.getByLabel("Value for Tags").fill("workshop");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Workshop people" }).waitFor();
    await page.goto("/templates/new");
    await page.getByLabel("Name", { exact: true }).fill("Monthly news");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Monthly news" }).waitFor();
    const recipients = await wizardToConfirm(page, { name: "News", subject: "News" });
    await confirmAndLaunch(page, recipients);
    await page.locator("header").getByText("completed", { exact: true }).waitFor({ timeout: 60_000 });
    const campaign = await firstId(page, "/api/v1/campaigns");
    paths = {
      overview: "/",
      contacts: "/contacts",
      "one contact": `/contacts/${await firstId(page, "/api/v1/contacts")}`,
      "a contact that is gone": "/contacts/01990000-0000-7000-8000-000000000001",
      "a new contact": "/contacts?new=true",
      "contacts, filtered": "/contacts?tag=workshop&reach=open",
      "bulk acts": "/contacts?acts=true",
      segments: "/segments",
      "one segment": `/segments/${await firstId(page, "/api/v1/segments")}`,
      imports: "/imports",
      "one import": `/imports/${await firstId(page, "/api/v1/imports")}`,
      "a new import": "/imports/new",
      suppressions: "/suppressions",
      campaigns: "/campaigns",
      "the wizard": "/campaigns/new",
      "one campaign": `/campaigns/${campaign}`,
      "one message": `/campaigns/${campaign}?message=${await firstId(page, `/api/v1/campaigns/${campaign}/messages`)}`,
      messages: "/messages",
      "one message of all": `/messages?message=${await firstId(page, "/api/v1/messages")}`,
      templates: "/templates",
      "a new template": "/templates/new",
      "one template": `/templates/${await firstId(page, "/api/v1/templates")}`,
      "dead letters": "/operations/dead-letters",
      "my account": "/settings/account",
      people: "/settings/users",
      tokens: "/settings/tokens",
      audit: "/settings/audit",
      backups: "/settings/backups",
      queues: "/operations/queues",
      jobs: "/operations/jobs",
      "jobs of one contact": `/operations/jobs?state=completed&contactId=${await firstId(page, "/api/v1/contacts")}`,
      "one job": `/operations/jobs/${await firstId(page, "/api/v1/jobs")}`,
      "a job that is gone": "/operations/jobs/01990000-0000-7000-8000-000000000001",
      failures: "/operations/failures",
      webhooks: "/operations/webhooks",
      schedules: "/operations/schedules",
      "one schedule": "/operations/schedules?schedule=campaign.due",
      mailbox: "/mailbox",
      sending: "/settings/sending",
      "queues, as a table": "/operations/queues?range=24h&view=table",
      "one mail": `/mailbox?mail=${await firstId(page, "/sandbox/mail")}`,
      workers: "/operations/workers",
      "one worker": `/operations/workers?node=${await firstNode(page)}`,
      alerts: "/operations/alerts",
      "nothing there": "/no-such-screen",
    };
    await context.close();
  }, 480_000);
  afterAll(async () => {
    await stage?.close();
  }, 60_000);

  it("have no serious accessibility finding and do not scroll sideways in light and dark at 1280 and 360 px", async () => {
    const { page, context, faults } = await stage.visit(wide);
    const wrong: string[] = [];
    for (const [name, path] of Object.entries(paths)) {
      await page.setViewportSize(wide);
      await page.goto(path);
      // Contents have arrived when nothing says any more that it is loading.
      await page.getByRole("heading").first().waitFor();
      await holds(page, "!document.querySelector('[role=status][aria-label^=Loading]')");
      wrong.push(...(await findings(page)).map((finding) => `${name}: ${finding}`));
      if ((await sideways(page)) > 0) wrong.push(`${name}: too wide for ${wide.width} px`);
      await turn(page, "dark");
      wrong.push(...(await findings(page, "colours")).map((finding) => `${name} in dark: ${finding}`));
      await turn(page, "light");
      await page.setViewportSize(phone);
      wrong.push(...(await findings(page)).map((finding) => `${name} on a phone: ${finding}`));
      const over = await sideways(page);
      if (over > 0) wrong.push(`${name}: ${over} px too wide for a phone`);
    }
    expect([...wrong, ...faults]).toEqual([]);
    await context.close();
  }, 480_000);

  it("are as accessible and as narrow before the sign-in", async () => {
    const wrong: string[] = [];
    for (const scheme of ["light", "dark"] as const) {
      const { page, context, faults } = await stage.visit({ scheme, width: 360, signedIn: false });
      for (const path of ["/sign-in", "/forgot", "/reset/x", "/accept-invite/x", "/sign-in/x"]) {
        await page.goto(path);
        await page.getByRole("heading").first().waitFor();
        await holds(page, "!document.querySelector('[role=status]')");
        wrong.push(...(await findings(page)).map((finding) => `${path} in ${scheme}: ${finding}`));
        const over = await sideways(page);
        if (over > 0) wrong.push(`${path}: ${over} px too wide`);
      }
      wrong.push(...faults);
      await context.close();
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it("have an accessible sign-in that refuses a wrong password in words", async () => {
    for (const scheme of ["light", "dark"] as const) {
      const { page, context } = await stage.visit({ scheme, signedIn: false });
      await page.goto("/campaigns?status=draft");
      await page.getByLabel("Email").fill(owner.email);
      await page.getByLabel("Password", { exact: true }).fill("wrong password");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText("Email or password is wrong").waitFor();
      expect(await findings(page)).toEqual([]);
      await page.getByLabel("Password", { exact: true }).fill(owner.password);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "Campaigns" }).waitFor();
      expect(new URL(page.url()).searchParams.get("status")).toBe("draft");
      await context.close();
    }
  }, 60_000);
});
