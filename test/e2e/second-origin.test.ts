// The web app at an address of its own, built as Cloudflare Pages builds it and served by its rules, with the API at
// another address of the same domain: a browser signs in, works and stays signed in; a page of elsewhere gets nothing.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { tlsProxy } from "../helpers/front-doors.ts";
import { chromePath, freePort } from "../helpers/infrastructure.ts";
import { startNode } from "../helpers/processes.ts";
import { type Platform, startPlatform } from "../helpers/processes-platform.ts";
import { selfSigned } from "../helpers/self-signed.ts";
import { hasBrowser, owner, signIn } from "./browser.ts";

const vite = resolve(import.meta.dirname, "../../node_modules/vite/bin/vite.js");
const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

/** The rules of `_headers`: for each pattern of paths its headers. */
const readRules = (text: string) => {
  const rules: { path: string; headers: [string, string][] }[] = [];
  for (const line of text.split("\n")) {
    const [, name, value] = /^ {2}([\w-]+): (.*)$/.exec(line) ?? [];
    if (name && value) rules.at(-1)?.headers.push([name, value]);
    else if (line.startsWith("/")) rules.push({ path: line.replace(/\*$/, ""), headers: [] });
  }
  return rules;
};

/** Serves a folder as Pages does: its files, for every other path the page, and the headers that `_headers` asks for. */
const servePages = async (folder: string, port: number) => {
  const rules = readRules(readFileSync(join(folder, "_headers"), "utf8"));
  const server = createServer(selfSigned("app.learn.test"), (req, res) => {
    const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
    for (const rule of rules.filter((one) => path.startsWith(one.path)))
      for (const [name, value] of rule.headers) res.setHeader(name, value);
    const read = (file: string) => {
      const body = readFileSync(join(folder, file));
      res.setHeader("content-type", types[file.split(".").at(-1) ?? ""] ?? "application/octet-stream");
      res.end(body);
    };
    try {
      read(path === "/" ? "index.html" : path);
    } catch {
      read("index.html");
    }
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return server;
};

describe.runIf(hasBrowser())("the web app on another origin than the API", () => {
  let platform: Platform;
  let browser: Browser;
  let page: Page;
  let api: Awaited<ReturnType<typeof tlsProxy>>;
  let pages: Awaited<ReturnType<typeof servePages>>;
  let app = "";
  const faults: string[] = [];

  beforeAll(async () => {
    const [port, appPort] = [await freePort(), await freePort()];
    api = await tlsProxy(port);
    app = `https://app.learn.test:${appPort}`;
    const apiUrl = `https://api.learn.test:${api.port}`;
    const folder = join(inject("runDir"), "pages");
    const build = startNode(
      [vite, "build", "--config", "web/vite.config.ts", "--outDir", folder, "--logLevel", "error"],
      {
        NODE_ENV: "production",
        VITE_API_URL: apiUrl,
      },
    );
    const env = {
      PORT: String(port),
      PUBLIC_URL: apiUrl,
      LC_WEB_URL: app,
      LC_TRUSTED_PROXIES: "1",
      LC_PROCESSES: "one",
      LC_ADMIN_EMAIL: owner.email,
      LC_ADMIN_PASSWORD: owner.password,
    };
    platform = await startPlatform({ env, timeoutMs: 180_000 });
    expect(await build.exited, build.logs()).toBe(0);
    pages = await servePages(folder, appPort);
    browser = await chromium.launch({
      executablePath: chromePath() ?? "",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP *.learn.test 127.0.0.1, MAP evil.test 127.0.0.1",
      ],
    });
    const context = await browser.newContext({ baseURL: app, ignoreHTTPSErrors: true });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
    page.on("console", (line) => {
      if (line.type() === "error" && !line.text().startsWith("Failed to load resource")) faults.push(line.text());
    });
  });
  afterAll(async () => {
    await browser?.close();
    pages?.close();
    pages?.closeAllConnections();
    api?.server.close();
    api?.server.closeAllConnections();
    await platform?.stop();
  });

  test("signs in, writes, follows the live stream and stays signed in", async () => {
    await signIn(page);
    const live = page.waitForResponse((answer) => answer.url().includes("/api/v1/live"));
    await page.goto("/campaigns");
    expect((await live).status()).toBe(200);
    await page.goto("/contacts");
    await page.getByRole("heading", { name: "Contacts", level: 1 }).waitFor();
    const [cookie] = await page.context().cookies(`https://api.learn.test:${api.port}`);
    expect(cookie).toMatchObject({ name: "__Host-lc_session", secure: true, httpOnly: true, domain: "api.learn.test" });
    expect(faults).toEqual([]);
  });

  test("a page of elsewhere can neither read nor write, whoever is signed in", async () => {
    const elsewhere = app.replace("app.learn.test", "evil.test");
    const other = await (await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true })).newPage();
    await other.goto(`${elsewhere}/sign-in`);
    const outcome = await other.evaluate(async (url) => {
      const read = await fetch(`${url}/api/v1/auth/me`, { credentials: "include" }).catch(() => "refused");
      const body = JSON.stringify({ email: "owner@example.org", password: "correct horse battery" });
      const headers = { "content-type": "application/json" };
      const login = await fetch(`${url}/api/v1/auth/login`, {
        method: "POST",
        credentials: "include",
        headers,
        body,
      }).catch(() => "refused");
      return [read, login];
    }, `https://api.learn.test:${api.port}`);
    expect(outcome).toEqual(["refused", "refused"]);
  });
});
