// Every screen in both themes and on a narrow phone: nothing serious for assistive technology, nothing that scrolls
// sideways, nothing out of reach.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findings, holds, sideways, turn } from "./accessibility.ts";
import { csvFile, hasBrowser, openStage, owner, type Stage } from "./browser.ts";
import { importPeople, launchToEveryone, post, reached, read } from "./set-up.ts";

const people = csvFile("people.csv", [
  "email,first name,tags",
  "ada@example.org,Ada,workshop",
  "grace@example.org,Grace,workshop",
  "wrong,Max,workshop",
]);

const wide = { width: 1280, height: 780 };
const phone = { width: 360, height: 780 };

type Scheme = "light" | "dark";

/** The first of a list of the API. Throws when there is none: its screen would not be looked at. */
const first = async <T = { id: string }>(page: Page, path: string): Promise<T> => {
  const [found] = (await read<{ data: T[] }>(page, path)).data;
  if (!found) throw new Error(`${path} lists nothing.`);
  return found;
};
const firstId = async (page: Page, path: string): Promise<string> => (await first(page, path)).id;

describe.skipIf(!hasBrowser())("all screens", () => {
  let stage: Stage;
  let paths: Record<string, string> = {};

  beforeAll(async () => {
    stage = await openStage();
    const { page, context } = await stage.visit();
    const imported = await importPeople(page, people);
    const segment = await post(page, "/segments", {
      name: "Workshop people",
      rule: { field: "tags", op: "has", value: "workshop" },
    });
    const mjml =
      "<mjml><mj-body><mj-section><mj-column><mj-text>News</mj-text></mj-column></mj-section></mj-body></mjml>";
    const template = await post(page, "/templates", { name: "Monthly news", format: "mjml", subject: "News", mjml });
    const campaign = await launchToEveryone(page, { name: "News", subject: "News" });
    await reached(page, `/campaigns/${campaign}`, "completed");
    const { data: mails } = (await (await page.request.get("/sandbox/mail")).json()) as { data: { id: string }[] };
    const [mail] = mails;
    expect(mail).toBeDefined();
    const { node } = await first<{ node: string }>(page, "/workers");
    paths = {
      overview: "/",
      contacts: "/contacts",
      "one contact": `/contacts/${await firstId(page, "/contacts")}`,
      "a contact that is gone": "/contacts/01990000-0000-7000-8000-000000000001",
      "a new contact": "/contacts?new=true",
      "contacts, filtered": "/contacts?tag=workshop&reach=open",
      "bulk acts": "/contacts?acts=true",
      segments: "/segments",
      "one segment": `/segments/${segment.id}`,
      imports: "/imports",
      "one import": `/imports/${imported}`,
      "a new import": "/imports/new",
      suppressions: "/suppressions",
      campaigns: "/campaigns",
      "the wizard": "/campaigns/new",
      "one campaign": `/campaigns/${campaign}`,
      "one message": `/campaigns/${campaign}?message=${await firstId(page, `/campaigns/${campaign}/messages`)}`,
      messages: "/messages",
      "one message of all": `/messages?message=${await firstId(page, "/messages")}`,
      templates: "/templates",
      "a new template": "/templates/new",
      "one template": `/templates/${template.id}`,
      "dead letters": "/operations/dead-letters",
      "my account": "/settings/account",
      people: "/settings/users",
      tokens: "/settings/tokens",
      audit: "/settings/audit",
      backups: "/settings/backups",
      queues: "/operations/queues",
      jobs: "/operations/jobs",
      "jobs of one contact": `/operations/jobs?state=completed&contactId=${await firstId(page, "/contacts")}`,
      "one job": `/operations/jobs/${await firstId(page, "/jobs")}`,
      "a job that is gone": "/operations/jobs/01990000-0000-7000-8000-000000000001",
      failures: "/operations/failures",
      webhooks: "/operations/webhooks",
      schedules: "/operations/schedules",
      "one schedule": "/operations/schedules?schedule=campaign.due",
      mailbox: "/mailbox",
      sending: "/settings/sending",
      "queues, as a table": "/operations/queues?range=24h&view=table",
      "one mail": `/mailbox?mail=${mail?.id}`,
      workers: "/operations/workers",
      "one worker": `/operations/workers?node=${encodeURIComponent(node)}`,
      alerts: "/operations/alerts",
      "nothing there": "/no-such-screen",
    };
    await context.close();
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("have no serious accessibility finding and do not scroll sideways in light and dark at 1280 and 360 px", async () => {
    const wrong: string[] = [];
    const left = Object.entries(paths);
    // Every second screen begins in dark: a page is turned once, and both themes are seen on a phone too.
    const look = async (page: Page, name: string, path: string, scheme: Scheme) => {
      const other = scheme === "light" ? "dark" : "light";
      await page.setViewportSize(wide);
      await page.goto(path);
      // Contents have arrived when nothing says any more that it is loading.
      await page.getByRole("heading").first().waitFor();
      await holds(page, "!document.querySelector('[role=status][aria-label^=Loading]')");
      wrong.push(...(await findings(page)).map((finding) => `${name} in ${scheme}: ${finding}`));
      if ((await sideways(page)) > 0) wrong.push(`${name}: too wide for ${wide.width} px`);
      await turn(page, other);
      wrong.push(...(await findings(page, "colours")).map((finding) => `${name} in ${other}: ${finding}`));
      await page.setViewportSize(phone);
      wrong.push(...(await findings(page)).map((finding) => `${name} on a phone in ${other}: ${finding}`));
      const over = await sideways(page);
      if (over > 0) wrong.push(`${name}: ${over} px too wide for a phone`);
      return other;
    };
    // Two at a time: while one paints, the other answers.
    const walk = async () => {
      const { page, context, faults } = await stage.visit(wide);
      let scheme: Scheme = "light";
      for (let next = left.shift(); next; next = left.shift()) scheme = await look(page, ...next, scheme);
      wrong.push(...faults);
      await context.close();
    };
    await Promise.all([walk(), walk()]);
    expect(wrong).toEqual([]);
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
  });

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
  });
});
