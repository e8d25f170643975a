// People in the browser: a colleague is invited and works as an editor, a password is replaced by mail, tokens come and go,
// and the audit log tells all of it. Before that the session cookie itself: over https through a proxy of ours, over plain
// http on this machine, refused elsewhere, and apart for copies on different ports.
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondPort, tlsProxy } from "../helpers/front-doors.ts";
import { hasBrowser, openStage, owner, type Stage, signIn, type Visit } from "./browser.ts";
import { mailedLink } from "./set-up.ts";

const sessionCookie = async (context: BrowserContext, name: string) =>
  (await context.cookies()).find((cookie) => cookie.name === name);

const colleague = { email: "grace@example.org", password: "four unusual words here" };

let stage: Stage;
beforeAll(async () => {
  if (hasBrowser()) stage = await openStage({ env: { LC_TRUSTED_PROXIES: "1" } });
});
afterAll(async () => {
  await stage?.close();
});

describe.skipIf(!hasBrowser())("the session cookie", () => {
  let tls: Awaited<ReturnType<typeof tlsProxy>>;
  let second: Awaited<ReturnType<typeof secondPort>>;

  beforeAll(async () => {
    tls = await tlsProxy(stage.platform.port);
    second = await secondPort(stage.platform.port);
  });
  afterAll(() => {
    tls?.server.closeAllConnections();
    tls?.server.close();
    second?.server.close();
  });

  it("over https is bound to the host, sent over TLS only, out of reach of scripts, and new at every sign-in", async () => {
    const { page, context, faults } = await stage.visit({ url: `https://learn.test:${tls.port}` });
    const first = await sessionCookie(context, "__Host-lc_session");
    expect(first).toMatchObject({ path: "/", domain: "learn.test", secure: true, httpOnly: true, sameSite: "Lax" });
    expect(await page.evaluate("document.cookie")).toBe("");
    await page.goto("/settings/account");
    await page.getByText("this browser").waitFor();

    const old = await context.cookies();
    const credentials = JSON.stringify(JSON.stringify(owner));
    await page.evaluate(
      `fetch("/api/v1/auth/login", { method: "POST", body: ${credentials}, headers: { "content-type": "application/json" } })`,
    );
    const next = await sessionCookie(context, "__Host-lc_session");
    expect(next?.value).not.toBe(first?.value);
    const me = () => page.evaluate(`fetch("/api/v1/auth/me").then((answer) => answer.status)`);
    expect(await me()).toBe(200);
    await context.clearCookies();
    await context.addCookies(old);
    expect(await me()).toBe(401);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("over plain http exists on this machine alone, one for each port", async () => {
    const { page, context } = await stage.visit();
    const here = await sessionCookie(context, `lc_session_${stage.platform.port}`);
    expect(here).toMatchObject({ path: "/", domain: "localhost", secure: false, httpOnly: true, sameSite: "Lax" });

    const other = await context.newPage();
    const otherUrl = `http://localhost:${second.port}`;
    await other.goto(`${otherUrl}/sign-in`);
    await other.getByLabel("Email").fill(owner.email);
    await other.getByLabel("Password", { exact: true }).fill(owner.password);
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    expect(await sessionCookie(context, `lc_session_${second.port}`)).toBeDefined();
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();

    await other.getByRole("button", { name: /owner@example\.org/ }).click();
    await other.getByRole("menuitem", { name: "Sign out" }).click();
    await other.getByRole("button", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await context.close();
  });

  it("is not given out over plain http under another name, and the screen says why", async () => {
    const { page, context } = await stage.visit({
      url: `http://learn.test:${stage.platform.port}`,
      signedIn: false,
    });
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("Signing in needs https").waitFor();
    expect(await context.cookies()).toEqual([]);
    await context.close();
  });

  it("does not let a page of another origin act, even where the browser sends it along", async () => {
    const { page, context } = await stage.visit({ bypassCSP: true });
    // Same site, since ports do not count: the cookie goes along, and the origin is what gives it away.
    const foreign = await context.newPage();
    await foreign.goto(`http://localhost:${second.port}/sign-in`);
    const logout = JSON.stringify(`${stage.url}/api/v1/auth/logout`);
    await foreign.evaluate(
      `fetch(${logout}, { method: "POST", mode: "no-cors", credentials: "include", body: "{}", headers: { "content-type": "text/plain" } })`,
    );
    // Another site altogether: a form that posts by itself.
    await foreign.goto(`http://learn.test:${stage.platform.port}/sign-in`);
    await foreign.evaluate(
      `{ const form = document.createElement("form"); form.method = "post"; form.action = ${logout}; document.body.append(form); form.submit(); }`,
    );
    await foreign.waitForURL(`${stage.url}/api/v1/auth/logout`);
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await context.close();
  });
});

describe.skipIf(!hasBrowser())("people", () => {
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    visit = await stage.visit();
    page = visit.page;
  });

  it("lets an owner invite a colleague, who accepts by mail and works as an editor", async () => {
    await page.goto("/settings");
    await page.getByRole("link", { name: "Team" }).click();
    await page.getByRole("button", { name: "Invite a colleague" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Email").fill("no address");
    await dialog.getByRole("button", { name: "Send the invite" }).click();
    await dialog.locator(".mantine-TextInput-error").waitFor();
    await dialog.getByLabel("Email").fill(colleague.email);
    await dialog.getByLabel("Role").selectOption("editor");
    await dialog.getByRole("button", { name: "Send the invite" }).click();
    await page.getByRole("button", { name: `Revoke the invite to ${colleague.email}` }).waitFor();

    const { page: theirs, context } = await stage.visit({ signedIn: false });
    await theirs.goto(await mailedLink(page, colleague.email, "accept-invite"));
    await theirs.getByText("You are invited as an editor.").waitFor();
    await theirs.getByLabel("Your name").fill("Grace Hopper");
    await theirs.getByLabel("New password").fill("password1234");
    await theirs.getByLabel("The same again").fill("password1234");
    await theirs.getByRole("button", { name: "Join" }).click();
    await theirs.getByText("is one that is tried first").waitFor();
    await theirs.getByLabel("New password").fill(colleague.password);
    await theirs.getByLabel("The same again").fill(colleague.password);
    await theirs.getByRole("button", { name: "Join" }).click();
    await theirs.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await theirs.getByRole("button", { name: /Grace Hopper/ }).waitFor();

    await theirs.goto("/settings");
    await theirs.getByRole("heading", { name: "My account", level: 1 }).waitFor();
    expect(await theirs.getByRole("link", { name: "Team" }).count()).toBe(0);
    await theirs.goto("/settings/users");
    await theirs.getByRole("heading", { name: "This is for owners", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("row", { name: /Grace Hopper/ }).waitFor();
    await context.close();
  });

  it("signs a person out at once when their role changes, and refuses to lose the last owner", async () => {
    const { page: theirs, context } = await stage.visit({ signedIn: false });
    await signIn(theirs, colleague);
    await page.getByRole("button", { name: `What to do with ${colleague.email}` }).click();
    await page.getByRole("menuitem", { name: "Change name, role or communities" }).click();
    await page.getByRole("dialog").getByLabel("Role").selectOption("viewer");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page
      .getByRole("row", { name: /Grace Hopper/ })
      .getByText("viewer")
      .waitFor();
    await theirs.reload();
    await theirs.getByRole("button", { name: "Sign in" }).waitFor();
    await context.close();

    await page.getByRole("button", { name: `What to do with ${owner.email}` }).click();
    await page.getByRole("menuitem", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").getByText("There must always be one owner").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click();
  });

  it("replaces a forgotten password by a mailed link, once", async () => {
    const { page: theirs, context } = await stage.visit({ signedIn: false });
    await theirs.goto("/sign-in");
    await theirs.getByRole("link", { name: "Forgot your password?" }).click();
    // Both screens have a field of this name: the one that goes must not be filled in.
    await theirs.getByRole("button", { name: "Mail me a link" }).waitFor();
    await theirs.getByLabel("Email").fill(colleague.email);
    await theirs.getByRole("button", { name: "Mail me a link" }).click();
    await theirs.getByText("Look into your mail").waitFor();
    const path = await mailedLink(page, colleague.email, "reset");
    const fresh = "entirely different words now";
    const choose = async () => {
      await theirs.goto(path);
      await theirs.getByLabel("New password").fill(fresh);
      await theirs.getByLabel("The same again").fill(fresh);
      await theirs.getByRole("button", { name: "Change the password" }).click();
    };
    await choose();
    await theirs.getByText("Your password is changed").waitFor();
    await choose();
    await theirs.getByText("This link was used already").first().waitFor();
    await signIn(theirs, { email: colleague.email, password: fresh });
    await context.close();
  });

  it("makes an access token that works, and revokes it", async () => {
    await page.goto("/settings/tokens");
    await page.getByRole("button", { name: "New token" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Reports");
    await dialog.getByRole("button", { name: "Make the token" }).click();
    const token = await dialog.getByLabel("Access token").inputValue();
    const asked = () => fetch(`${stage.url}/api/v1/contacts`, { headers: { authorization: `Bearer ${token}` } });
    expect((await asked()).status).toBe(200);
    await dialog.getByRole("button", { name: "Done" }).click();
    // One that another tab has revoked meanwhile goes from the list, and its refusal is not said of the next.
    const { csrfToken } = (await (await page.request.get("/api/v1/auth/me")).json()) as { csrfToken: string };
    const headers = { "x-csrf-token": csrfToken, origin: stage.url };
    const data = { name: "Twin", abilities: ["read"], expiresInDays: 30 };
    const twin = (await (await page.request.post("/api/v1/auth/tokens", { headers, data })).json()) as { id: string };
    await page.reload();
    await page.getByRole("button", { name: "Revoke Twin" }).click();
    await dialog.getByRole("button", { name: "Revoke", exact: true }).waitFor();
    expect((await page.request.delete(`/api/v1/auth/tokens/${twin.id}`, { headers })).ok()).toBe(true);
    await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
    await dialog.getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Revoke Twin" }).waitFor({ state: "detached" });
    await dialog.getByRole("button", { name: "Leave it" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Revoke Reports" }).click();
    await dialog.getByText("Programs that use Reports").waitFor();
    expect(await dialog.getByRole("alert").count()).toBe(0);
    await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByText("You have no access token").waitFor();
    expect((await asked()).status).toBe(401);
  });

  it("changes one's own name and password, and signs out the other browsers", async () => {
    const { page: elsewhere, context } = await stage.visit();
    await page.goto("/settings/account");
    await page.getByLabel("Name", { exact: true }).fill("Olive Owner");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: /Olive Owner/ }).waitFor();
    const sessions = page.getByRole("list", { name: "Sessions" });
    await sessions.getByText("this browser").waitFor();
    await sessions
      .getByRole("button", { name: /^Sign out/ })
      .first()
      .waitFor();
    await page.getByLabel("Current password").fill("not this one");
    await page.getByLabel("New password").fill("yet another unusual phrase");
    await page.getByLabel("The same again").fill("yet another unusual phrase");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("is not your password").waitFor();
    await page.getByLabel("Current password").fill(owner.password);
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("You are signed out everywhere else").waitFor();
    await expect.poll(() => sessions.getByRole("listitem").count()).toBe(1);
    await elsewhere.reload();
    await elsewhere.getByRole("button", { name: "Sign in" }).waitFor();
    await context.close();
  });

  it("shows all of it in the audit log, by person and kind, and as a file", async () => {
    await page.goto("/settings/audit");
    const log = page.getByRole("table", { name: "Audit log" });
    await log.getByText("revoked an access token").first().waitFor();
    await page.getByLabel("Who").selectOption({ label: "Grace Hopper (grace@example.org)" });
    await log.getByText("accepted an invite as editor").waitFor();
    await log.getByText("revoked an access token").first().waitFor({ state: "detached" });
    await page.getByLabel("Who").selectOption({ label: "Everybody" });
    await page.getByLabel("What").selectOption({ label: "Access tokens" });
    await log.getByText("made an access token that may read").first().waitFor();
    expect(new URL(page.url()).searchParams.get("action")).toBe("token.");
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download as CSV" }).click();
    expect((await download).suggestedFilename()).toBe("audit.csv");
  });

  it("signs in once with the link that the terminal printed", async () => {
    const link = /\/sign-in\/[\w-]{20,}/.exec(stage.platform.logs())?.[0] ?? "none";
    const { page: fresh, context } = await stage.visit({ signedIn: false });
    await fresh.goto(link);
    await fresh.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await context.clearCookies();
    await fresh.goto(link);
    await fresh.getByText("This sign-in link was used already").waitFor();
    await context.close();
  });

  it("never broke a script nor the content security policy on the way", () => {
    expect(visit.faults).toEqual([]);
  });
});
