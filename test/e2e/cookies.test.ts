// The session cookie in a real browser: over https through a proxy of ours, over plain http on this machine, refused
// elsewhere, and apart for copies on different ports.
import { request } from "node:http";
import { createServer as createHttps, type Server } from "node:https";
import { type AddressInfo, connect, createServer, type Server as TcpServer } from "node:net";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../helpers/self-signed.ts";
import { hasBrowser, openStage, owner, type Stage } from "./browser.ts";

/** Ends TLS and passes everything on, as a proxy in front of a deployment does. */
const tlsProxy = async (target: number): Promise<{ server: Server; port: number }> => {
  const server = createHttps(selfSigned("learn.test"), (req, res) => {
    const headers = {
      ...req.headers,
      "x-forwarded-proto": "https",
      "x-forwarded-for": req.socket.remoteAddress ?? "",
    };
    const onward = request(
      { host: "127.0.0.1", port: target, method: req.method, path: req.url, headers, agent: false },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    onward.on("error", () => res.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
};

/** Another port that leads to the same place, as a second copy on this machine has. */
const secondPort = async (target: number): Promise<{ server: TcpServer; port: number }> => {
  const server = createServer((socket) => {
    const onward = connect(target, "127.0.0.1");
    socket.on("error", () => onward.destroy()).on("close", () => onward.destroy());
    onward.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
};

const sessionCookie = async (context: BrowserContext, name: string) =>
  (await context.cookies()).find((cookie) => cookie.name === name);

describe.skipIf(!hasBrowser())("the session cookie", () => {
  let stage: Stage;
  let tls: Awaited<ReturnType<typeof tlsProxy>>;
  let second: Awaited<ReturnType<typeof secondPort>>;

  beforeAll(async () => {
    stage = await openStage({ LC_TRUSTED_PROXIES: "1" });
    tls = await tlsProxy(stage.platform.port);
    second = await secondPort(stage.platform.port);
  }, 240_000);
  afterAll(async () => {
    tls?.server.closeAllConnections();
    tls?.server.close();
    await stage?.close();
    second?.server.close();
  }, 60_000);

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
  }, 60_000);

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
  }, 60_000);

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
  }, 60_000);

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
  }, 60_000);
});
