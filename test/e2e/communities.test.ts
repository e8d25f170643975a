// Somebody who sees one community, in the browser: an owner invites them so, and nothing of the other town is there.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findings, sideways, turn } from "./accessibility.ts";
import { hasBrowser, openStage, type Stage, signIn, type Visit } from "./browser.ts";
import { mailedLink, post } from "./set-up.ts";

const colleague = { email: "rita@example.org", password: "four unusual words here" };

describe.skipIf(!hasBrowser())("somebody who sees one community", () => {
  let stage: Stage;
  let owners: Visit;
  let hilltopContact: string;

  beforeAll(async () => {
    stage = await openStage();
    owners = await stage.visit({ bypassCSP: true });
    const { page } = owners;
    const towns = await Promise.all(["Riverside", "Hilltop"].map((name) => post(page, "/communities", { name })));
    for (const [at, name] of ["river", "hill"].entries()) {
      const person = { email: `ada@${name}.example.com`, firstName: `Ada of the ${name}`, communityId: towns[at]?.id };
      const consent = { channels: ["email"], basis: "form", source: "test" };
      hilltopContact = (await post(page, "/contacts", { ...person, consent })).id;
    }
    const rule = { field: "email", op: "isSet" };
    await post(page, "/segments", { name: "Everybody with an address", rule });
    const content = { subject: "News", html: "<p>News</p>" };
    await post(page, "/campaigns", { name: "For all towns", channel: "email", audience: { all: true }, content });
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("is invited for it by an owner, who sees it in the list of the team", async () => {
    const { page } = owners;
    await page.goto("/settings/users");
    await page.getByRole("button", { name: "Invite a colleague" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Email").fill(colleague.email);
    await dialog.getByLabel("Role").selectOption("owner");
    await dialog.getByText("Owners see all communities.").waitFor();
    await dialog.getByLabel("Role").selectOption("manager");
    await dialog.getByLabel("Only some communities").check();
    expect(await dialog.getByRole("button", { name: "Send the invite" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Riverside").check();
    await page.waitForFunction("document.getAnimations().every((one) => one.playState !== 'running')");
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Send the invite" }).click();
    await page.getByRole("button", { name: `Revoke the invite to ${colleague.email}` }).waitFor();
    await page.getByText("manager · sees only Riverside").waitFor();

    const { page: theirs, context } = await stage.visit({ signedIn: false });
    await theirs.goto(await mailedLink(page, colleague.email, "accept-invite"));
    await theirs.getByLabel("Your name").fill("Rita River");
    await theirs.getByLabel("New password").fill(colleague.password);
    await theirs.getByLabel("The same again").fill(colleague.password);
    await theirs.getByRole("button", { name: "Join" }).click();
    await theirs.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await context.close();
    await page.reload();
    await page
      .getByRole("row", { name: /Rita River/ })
      .getByText("only Riverside")
      .waitFor();
  });

  it("meets nothing of the other town, on no screen, and is told what they see", async () => {
    const { page, context, faults } = await stage.visit({ signedIn: false, bypassCSP: true });
    await signIn(page, colleague);
    const screens = page.getByRole("navigation", { name: "Screens" });
    await page.getByText("Only Riverside").first().waitFor();
    for (const name of ["Suppressions", "Operations", "Mailbox"])
      expect(await screens.getByRole("link", { name }).count(), name).toBe(0);
    expect(await findings(page)).toEqual([]);

    await page.goto("/contacts");
    await page.getByText("Ada of the river").waitFor();
    expect(await page.getByText("Ada of the hill").count()).toBe(0);
    await page.goto(`/contacts/${hilltopContact}`);
    await page.getByText("No such contact").first().waitFor();
    await page.goto("/campaigns");
    await page.getByRole("heading", { name: "Campaigns", level: 1 }).waitFor();
    expect(await page.getByText("For all towns").count()).toBe(0);
    await page.goto("/campaigns/new");
    await page.getByText("Every contact of Riverside").waitFor();
    await page.goto("/segments");
    await page.getByRole("link", { name: "Everybody with an address" }).click();
    await page.getByText("Everybody uses this segment").waitFor();
    await page.getByRole("link", { name: "Ada of the river" }).waitFor();
    expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    for (const width of [360, 1280])
      for (const scheme of ["light", "dark"] as const) {
        await page.setViewportSize({ width, height: 900 });
        await turn(page, scheme);
        expect(await sideways(page), `${scheme} ${width}`).toBeLessThanOrEqual(0);
      }
    await page.goto("/suppressions");
    await page.getByText("This is for people who see all communities").waitFor();
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await page.goto("/settings/account");
    await page.getByRole("definition").filter({ hasText: "only Riverside" }).waitFor();
    expect(faults).toEqual([]);

    const { page: team } = owners;
    await team.getByRole("button", { name: `What to do with ${colleague.email}` }).click();
    await team.getByRole("menuitem", { name: "Change name, role or communities" }).click();
    const dialog = team.getByRole("dialog");
    await dialog.getByLabel("Riverside").uncheck();
    await dialog.getByLabel("Hilltop").check();
    await dialog.getByText("they are signed out everywhere").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await team
      .getByRole("row", { name: /Rita River/ })
      .getByText("only Hilltop")
      .waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await signIn(page, colleague);
    await page.goto(`/contacts/${hilltopContact}`);
    await page.getByRole("heading", { name: "Ada of the hill" }).waitFor();
    await context.close();
  });
});
