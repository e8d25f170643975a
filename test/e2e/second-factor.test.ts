// The second factor in the browser, with the codes of a real authenticator: switched on, asked for at the sign-in, made up
// for by a recovery code, demanded of everybody, and taken off a colleague. What no address leads to is held against the
// rules of accessibility on the way.
import { Redis } from "ioredis";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf } from "../helpers/authenticator.ts";
import { freshRedis } from "../helpers/infrastructure.ts";
import { faultsOf } from "./accessibility.ts";
import { hasBrowser, openStage, owner, type Stage, type Visit } from "./browser.ts";
import { mailedLink } from "./set-up.ts";

const colleague = { email: "grace@example.org", password: "four unusual words here" };

describe.skipIf(!hasBrowser())("the second factor", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;
  let redis: Redis;
  let secret = "";
  let codes: string[] = [];
  const wrong: string[] = [];

  beforeAll(async () => {
    const { url } = freshRedis();
    redis = new Redis(url);
    stage = await openStage({ env: { REDIS_URL: url } });
    visit = await stage.visit({ bypassCSP: true });
    page = visit.page;
  });
  afterAll(async () => {
    redis?.disconnect();
    await stage?.close();
  });

  const look = async (at: Page, name: string): Promise<void> => {
    wrong.push(...(await faultsOf(at)).map((fault) => `${name}, ${fault}`));
  };
  const secretOn = async (at: Page) => ((await at.getByTestId("secret").textContent()) ?? "").replaceAll(" ", "");
  const keepCodes = async (at: Page, act: string): Promise<string[]> => {
    const list = at.getByRole("list", { name: "Recovery codes" });
    await list.waitFor();
    const shown = await list.getByRole("listitem").allTextContents();
    expect(await at.getByRole("button", { name: act }).isDisabled()).toBe(true);
    await at.getByLabel("I have kept them").check();
    await at.getByRole("button", { name: act }).click();
    return shown;
  };
  const givePassword = async (at: Page, person: { email: string; password: string }) => {
    await at.goto("/sign-in");
    await at.getByLabel("Email").fill(person.email);
    await at.getByLabel("Password", { exact: true }).fill(person.password);
    await at.getByRole("button", { name: "Sign in" }).click();
  };
  const overview = (at: Page) => at.getByRole("heading", { name: "Overview", level: 1 }).waitFor();

  it("is switched on with the code of an app, and leaves ten recovery codes", async () => {
    await page.goto("/settings/account");
    await page.getByRole("button", { name: "Switch it on" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Begin" }).click();
    await dialog.getByRole("img", { name: "QR code" }).waitFor();
    secret = await secretOn(page);
    await look(page, "scanning the secret");
    await dialog.getByLabel("Code from your app").fill("000000");
    await dialog.getByRole("button", { name: "Switch it on" }).click();
    await dialog.getByText("is not the one the app shows now").waitFor();
    await dialog.getByLabel("Code from your app").fill(codeOf(secret, -1));
    await dialog.getByRole("button", { name: "Switch it on" }).click();
    await dialog.getByText("Your second factor is on").waitFor();
    await look(page, "recovery codes");
    codes = await keepCodes(page, "Done");
    expect(new Set(codes).size).toBe(10);
    await page.getByText("10 recovery codes are left").waitFor();
    await page.getByRole("list", { name: "Recent sign-ins" }).getByText("Chrome on Linux").first().waitFor();
  });

  it("is asked for after the password, refuses a wrong code in words, and lets in with the right one", async () => {
    const { page: fresh, context } = await stage.visit({ signedIn: false, bypassCSP: true });
    await givePassword(fresh, owner);
    await fresh.getByRole("heading", { name: "Your second factor" }).waitFor();
    await look(fresh, "the second step");
    expect(await context.cookies()).toEqual([]);
    await fresh.getByLabel("Code from your app").fill("000000");
    await fresh.keyboard.press("Enter");
    await fresh.getByText("wait for the next one").waitFor();
    await fresh.getByRole("button", { name: /Use a recovery code/ }).click();
    expect(await fresh.getByText("Is wrong").count()).toBe(0);
    await fresh.getByRole("button", { name: "Use the code from your app" }).click();
    await fresh.getByLabel("Code from your app").fill(codeOf(secret, 1));
    await fresh.keyboard.press("Enter");
    await overview(fresh);
    await context.close();
  });

  it("is made up for by a recovery code, once", async () => {
    const { page: fresh, context, faults } = await stage.visit({ signedIn: false });
    const [code = ""] = codes;
    const give = async () => {
      await givePassword(fresh, owner);
      await fresh.getByRole("button", { name: /Use a recovery code/ }).click();
      await fresh.getByLabel("Recovery code").fill(code.toUpperCase());
      await fresh.getByRole("button", { name: "Sign in" }).click();
    };
    await give();
    await overview(fresh);
    await fresh.goto("/settings/account");
    await fresh.getByText("9 recovery codes are left").waitFor();
    await context.clearCookies();
    await give();
    await fresh.getByText("Is wrong, or was used already. Each of them works once.").waitFor();
    await fresh.getByRole("button", { name: "Start again" }).click();
    await fresh.getByLabel("Password", { exact: true }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it("is demanded of everybody by an owner who gives the password again, and set up by whoever joins", async () => {
    await page.goto("/settings/users");
    await redis.del(...(await redis.keys("lc:session:*:proof")));
    await page.getByLabel("Everybody needs a second factor").click();
    await page.getByRole("dialog").getByRole("button", { name: "Demand it" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await proof.getByLabel("Your password").fill("not the password");
    await proof.getByRole("button", { name: "Go on" }).click();
    await proof.getByText("is not your password").waitFor();
    await proof.getByLabel("Your password").fill(owner.password);
    await proof.getByRole("button", { name: "Go on" }).click();
    await expect.poll(() => page.getByLabel("Everybody needs a second factor").isChecked()).toBe(true);

    await page.getByRole("button", { name: "Invite a colleague" }).click();
    await page.getByRole("dialog").getByLabel("Email").fill(colleague.email);
    await redis.del(...(await redis.keys("lc:session:*:proof")));
    await page.getByRole("dialog").getByRole("button", { name: "Send the invite" }).click();
    await proof.getByLabel("Your password").fill(owner.password);
    await proof.getByRole("button", { name: "Go on" }).click();
    const { page: theirs, context, faults } = await stage.visit({ signedIn: false });
    await theirs.goto(await mailedLink(page, colleague.email, "accept-invite"));
    await theirs.getByLabel("Your name").fill("Grace Hopper");
    await theirs.getByLabel("New password").fill(colleague.password);
    await theirs.getByLabel("The same again").fill(colleague.password);
    await theirs.getByRole("button", { name: "Join" }).click();
    await theirs.getByRole("img", { name: "QR code" }).waitFor();
    expect(await context.cookies()).toEqual([]);
    const theirSecret = await secretOn(theirs);
    await theirs.getByLabel("Code from your app").fill(codeOf(theirSecret));
    await theirs.getByRole("button", { name: "Switch it on" }).click();
    await keepCodes(theirs, "Go on");
    await overview(theirs);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("is taken off a colleague who has lost it, who then sets it up anew", async () => {
    await page.goto("/settings/users");
    await page
      .getByRole("row", { name: /Grace Hopper/ })
      .getByText("second factor")
      .waitFor();
    await page.getByRole("button", { name: `What to do with ${colleague.email}` }).click();
    await page.getByRole("menuitem", { name: "Take off the second factor" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take it off" }).click();
    await page
      .getByRole("row", { name: /Grace Hopper/ })
      .getByText("password only")
      .waitFor();
    const { page: theirs, context } = await stage.visit({ signedIn: false });
    await givePassword(theirs, colleague);
    await theirs.getByRole("heading", { name: "Set up a second factor" }).waitFor();
    await context.close();
    await page.goto("/settings/audit?action=user.second-factor");
    const log = page.getByRole("table", { name: "Audit log" });
    await log.getByText("took the second factor off a person").waitFor();
    await log.getByText("demanded a second factor of everybody").waitFor();
  });

  it("is switched off with password and code, which signs out where everybody needs one", async () => {
    await page.goto("/settings/account");
    await page.getByRole("button", { name: "Switch it off" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Everybody here needs a second factor").waitFor();
    await dialog.getByLabel("Your password").fill(owner.password);
    await dialog.getByRole("button", { name: /Use a recovery code/ }).click();
    await dialog.getByLabel("Recovery code").fill(codes[1] ?? "");
    await dialog.getByRole("button", { name: "Switch it off" }).click();
    await page.waitForURL(/\/sign-in/);
    await givePassword(page, owner);
    await page.getByRole("heading", { name: "Set up a second factor" }).waitFor();
  });

  it("has screens that everybody can use, and broke no script nor policy on the way", () => {
    expect([...wrong, ...visit.faults]).toEqual([]);
  });
});
