// Who sees which buttons: an agent, an editor and a viewer walk over the screens, press what is offered and meet no
// refusal of the API; what is not theirs is not there, and an address that is not theirs says so. An owner sees it all.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../helpers/processes.ts";
import { sideways } from "./accessibility.ts";
import { csvFile, hasBrowser, openStage, type Stage, type Visit } from "./browser.ts";
import { importPeople, mailedLink, post } from "./set-up.ts";

const people = csvFile("people.csv", ["email,first name,tags", "ada@example.org,Ada,vip", "grace@example.org,Grace,"]);
/** Pieces of the editors: they change what is on the page, and ask for nothing. */
const editing = /^(Insert|Move the|Remove the|Condition|Group)/;
type Role = "agent" | "editor" | "viewer";

/** Opens an address and waits until its answers are there. */
const open = async (page: Page, path: string): Promise<void> => {
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await until(`${path} has loaded`, async () => (await page.locator("main [class*=Skeleton]").count()) === 0);
};

/** Names of what can be pressed on the page, once each; menus and filters of lists are no acts. */
const acts = async (page: Page): Promise<string[]> => {
  const names = await page
    .locator("main button:not([disabled], [aria-disabled=true], aside *), main a[class*=Button]")
    .evaluateAll((found: { ariaLabel: string | null; textContent: string | null }[]) =>
      found.map(({ ariaLabel, textContent }) => (ariaLabel ?? textContent ?? "").trim()),
    );
  return [...new Set(names)].filter(Boolean);
};

describe.skipIf(!hasBrowser())("the screens", () => {
  let stage: Stage;
  let owners: Page;
  /** Addresses of one of each. */
  const at: Record<"contact" | "segment" | "import" | "draft" | "template", string> = {
    contact: "",
    segment: "",
    import: "",
    draft: "",
    template: "",
  };

  beforeAll(async () => {
    stage = await openStage();
    owners = (await stage.visit()).page;
    at.import = `/imports/${await importPeople(owners, people)}`;
    const rule = { field: "email", op: "isSet" };
    const mail = { subject: "News", html: "<p>News for {{firstName|you}}</p>" };
    const draft = { name: "A draft", channel: "email", audience: { all: true }, content: mail };
    at.contact = `/contacts/${(await post(owners, "/contacts", { email: "mary@example.org", firstName: "Mary" })).id}`;
    at.segment = `/segments/${(await post(owners, "/segments", { name: "With an address", rule })).id}`;
    at.draft = `/campaigns/${(await post(owners, "/campaigns", draft)).id}`;
    const template = (await post(owners, "/templates", { name: "News", ...mail })).id;
    await post(owners, `/templates/${template}/publish`, {});
    at.template = `/templates/${template}`;
    await post(owners, "/suppressions", { channel: "email", address: "gone@example.org", reason: "manual" });
    await post(owners, "/messages", { channel: "email", to: "ada@example.org", content: mail });
  });
  afterAll(async () => {
    await stage?.close();
  });

  /** Somebody new with this role, and every refusal that their pages meet. */
  const join = async (role: Role): Promise<Visit & { readonly refused: string[] }> => {
    const email = `${role}@example.org`;
    await post(owners, "/users/invite", { email, role });
    const visit = await stage.visit({ signedIn: false });
    const token = (await mailedLink(owners, email, "accept-invite")).split("/").at(-1);
    const entered = await visit.page.request.post("/api/v1/auth/invite/accept", {
      data: { token, name: `The ${role}`, password: "four unusual words here" },
      headers: { origin: stage.url },
    });
    expect(entered.status(), await entered.text()).toBeLessThan(300);
    const refused: string[] = [];
    visit.page.on("response", (answer) => {
      if (answer.status() === 403) refused.push(`${answer.request().method()} ${new URL(answer.url()).pathname}`);
    });
    return { ...visit, refused };
  };

  /**
   * Presses everything that an address offers, one after the other, and answers what that was. Files are asked for and
   * not kept.
   */
  const press = async ({ page, refused }: { page: Page; refused: string[] }, path: string): Promise<string[]> => {
    await open(page, path);
    const offered = await acts(page);
    for (const link of await page.locator("main a[download]").all()) {
      const answer = await page.request.get((await link.getAttribute("href")) ?? "");
      if (answer.status() === 403) refused.push(`file ${new URL(answer.url()).pathname}`);
    }
    for (const name of offered.filter((one) => !editing.test(one))) {
      const button = page.locator("main").getByRole("button", { name, exact: true }).first();
      // What was pressed before may have led elsewhere.
      if (!(await button.isVisible())) await open(page, path);
      if (!(await button.isVisible())) continue;
      await button.click();
      await until(`“${name}” is done`, async () => (await page.locator("[data-loading]").count()) === 0);
      const over = page.locator("[role=dialog]:visible, [role=menu]:visible");
      if ((await over.count()) === 0) continue;
      await page.keyboard.press("Escape");
      await until("what was opened is closed", async () => (await over.count()) === 0);
    }
    return offered;
  };
  const screens = () => [
    ...["/", "/contacts", "/contacts?q=ada", at.contact, "/segments", at.segment, "/imports", at.import],
    ...["/suppressions", "/campaigns", at.draft, "/messages", "/templates", at.template, "/mailbox"],
  ];
  const looked = ["/settings/account", "/settings/sending", "/settings/tokens", "/operations/queues"];
  const foreign = ["/settings/users", "/settings/audit", "/settings/backups"];

  const isNotTheirs = async (page: Page, path: string, whose: string): Promise<void> => {
    await page.goto(path);
    await page.getByRole("heading", { level: 1, name: `This is for ${whose}` }).waitFor();
    await page
      .locator("main")
      .getByRole("link", { name: /^(Back|To the overview)$/ })
      .waitFor();
  };

  it("offer an agent single people, and nothing that many get or that takes many away", async () => {
    const visit = await join("agent");
    const { page, refused, faults, context } = visit;
    for (const path of screens()) await press(visit, path);
    await open(page, "/contacts");
    expect(await acts(page)).toContain("Add a contact");
    expect(await page.getByRole("checkbox", { name: /^Select/ }).count()).toBe(0);
    expect((await acts(page)).filter((name) => /Import|Bulk/.test(name))).toEqual([]);
    for (const path of ["/campaigns", "/templates", "/segments", "/imports"]) {
      await open(page, path);
      expect(
        (await acts(page)).filter((name) => /^(New|Import)/.test(name)),
        path,
      ).toEqual([]);
    }
    await page.keyboard.press("Control+k");
    const box = page.getByRole("dialog", { name: "Search" });
    await box.getByText("Add a contact").waitFor();
    for (const name of ["New campaign", "Import contacts from a file", "New segment", "New template"])
      expect(await box.getByText(name, { exact: true }).count(), name).toBe(0);

    await page.goto("/contacts?new=true");
    await page.getByRole("dialog").getByRole("textbox", { name: "Email" }).fill("joan@example.org");
    await page.getByRole("dialog").getByRole("button", { name: "Add the contact" }).click();
    await page.getByRole("link", { name: "joan@example.org" }).click();
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("dialog").getByLabel("First name").fill("Joan");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Joan" }).waitFor();
    await page.getByRole("button", { name: "Suppress", exact: true }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Suppress" }).click();
    await page.getByRole("button", { name: "Lift the suppression for email" }).waitFor();
    await page.getByRole("button", { name: "More acts" }).click();
    expect(await page.getByRole("menuitem").allTextContents()).toEqual(["Delete"]);
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "Contacts" }).waitFor();

    for (const path of ["/campaigns/new", `${at.draft}/edit`, "/imports/new", "/segments/new", "/templates/new"])
      await isNotTheirs(page, path, "owners, managers, and editors");
    for (const path of foreign) await isNotTheirs(page, path, "owners");
    expect(refused).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("offer an editor what many are written to with, up to the launch, and no files of people", async () => {
    const visit = await join("editor");
    const { page, refused, faults, context } = visit;
    // What stands on the others is pressed by the agent.
    for (const path of ["/contacts", at.segment, at.import, at.draft, at.template, "/mailbox"])
      await press(visit, path);
    await open(page, "/contacts?q=ada");
    expect(await acts(page)).toEqual(expect.arrayContaining(["Bulk actions", "Import", "Add a contact"]));
    await page.getByLabel("Select Ada").check();
    const bar = page.getByRole("region", { name: "Chosen contacts" });
    expect(await bar.getByRole("button").allTextContents()).toEqual([
      "Choose none",
      "Tag",
      "Take a tag off",
      "Move",
      "Suppress",
    ]);
    await bar.getByRole("button", { name: "Tag", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Tag", { exact: true }).fill("spring");
    await page.getByRole("dialog").getByRole("button", { name: "Tag 1 contact" }).click();
    await page.getByRole("dialog").getByText("Done: 1 tagged.").waitFor();
    await open(page, "/suppressions");
    expect((await acts(page)).filter((name) => /CSV/.test(name))).toEqual([]);
    await open(page, `${at.draft}/edit?step=confirm`);
    await page.getByText("The draft is ready for somebody who may launch it").waitFor();
    expect(await page.getByLabel(/^Type .+ to confirm$/).count()).toBe(0);
    for (const path of foreign) await isNotTheirs(page, path, "owners");
    expect(refused).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("offer a viewer everything to look at and nothing to change", async () => {
    const visit = await join("viewer");
    const { page, refused, faults, context } = visit;
    const writes = /^(Add|New|Import|Edit|Suppress|Lift|Delete|Save|Publish|Undo|Empty|Faults|Continue|More|Download)/;
    for (const path of screens()) {
      const offered = await press(visit, path);
      expect(
        offered.filter((name) => writes.test(name) && name !== "Download as CSV"),
        path,
      ).toEqual([]);
    }
    for (const path of looked) await open(page, path);
    await isNotTheirs(page, "/contacts?new=true", "owners, managers, editors, and agents");
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    await page.getByRole("link", { name: "Back" }).click();
    await page.getByRole("heading", { level: 1, name: "Contacts" }).waitFor();
    expect(refused).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("offer an owner all of it", async () => {
    const offers: Readonly<Record<string, readonly (string | RegExp)[]>> = {
      "/": ["New campaign"],
      "/contacts": ["Bulk actions", "Import", "Add a contact"],
      [at.contact]: ["Edit", "Suppress", "Export", "More acts", "Add an entry"],
      [at.segment]: ["Write to them", "Delete", "Save"],
      [at.import]: ["Undo"],
      [at.draft]: ["Continue", "More actions"],
      [at.template]: ["More", "Versions", "Send a test", "Use it"],
      "/suppressions": [/^Download as CSV/, "Suppress an address"],
      "/messages": [/^Download as CSV/],
      "/mailbox": ["Empty it", "Faults"],
    };
    for (const [path, names] of Object.entries(offers)) {
      await open(owners, path);
      for (const name of names)
        await owners
          .locator("main")
          .getByRole("button", { name })
          .or(owners.locator("main").getByRole("link", { name }))
          .first()
          .waitFor();
    }
    await open(owners, "/contacts?q=ada");
    await owners.getByLabel("Select Ada").check();
    const bar = owners.getByRole("region", { name: "Chosen contacts" });
    for (const name of ["Export", "Delete"]) await bar.getByRole("button", { name, exact: true }).waitFor();
    for (const path of foreign) {
      await open(owners, path);
      expect(await owners.getByText(/^This is for/).count(), path).toBe(0);
    }
  });
});
