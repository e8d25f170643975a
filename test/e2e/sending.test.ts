// Settings, Sending in the browser, over a real SMTP server and a real DNS server: set the sender up, send a test, read
// what the server said, see what the DNS lacks and copy it; the campaign wizard leads here when something is missing.
import { generateKeyPairSync } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DnsServer, startDns } from "../helpers/dns-server.ts";
import type { MailPeer } from "../helpers/mail-peer.ts";
import { startSmtpPeer } from "../helpers/smtp-peer.ts";
import { findings, sideways } from "./accessibility.ts";
import { csvFile, hasBrowser, openStage, type Stage, type Visit } from "./browser.ts";
import { importPeople } from "./set-up.ts";

const key = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .publicKey.export({ format: "der", type: "spki" })
  .toString("base64");

describe.skipIf(!hasBrowser())("the sending screen", () => {
  let peer: MailPeer;
  let dns: DnsServer;
  let stage: Stage;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    [peer, dns] = await Promise.all([startSmtpPeer(), startDns()]);
    stage = await openStage({
      env: { LC_EMAIL_PROVIDER: "smtp", LC_SMTP_URLS: peer.url, LC_DNS_SERVERS: dns.address },
    });
    visit = await stage.visit();
    page = visit.page;
  });
  afterAll(async () => {
    await stage?.close();
    await peer?.stop();
    await dns?.stop();
  });

  it("is where the wizard leads when the sender lacks something", async () => {
    await importPeople(page, csvFile("people.csv", ["email,first name", "ada@example.org,Ada"]));
    await page.goto("/campaigns/new");
    await page.getByLabel("Name", { exact: true }).fill("News");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("textbox", { name: "Subject" }).fill("News");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("no from address and no postal address").waitFor();
    await page.getByRole("link", { name: "Fill in the sender account" }).click();
    await page.getByRole("heading", { level: 1, name: "Sending" }).waitFor();
  });

  it("sets the sender up and shows refusals at their fields", async () => {
    await page.getByText("This is the sandbox's sample sender").waitFor();
    await page.getByRole("button", { name: "Set it up" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("From name").fill("Acme Learning");
    await dialog.getByLabel("From address").fill("not an address");
    await dialog.getByLabel("Postal address").fill("Acme Learning, 1 Main Street, Springfield");
    await dialog.getByLabel("Most per day").fill("2000");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText(/expected an email address/).waitFor();
    await dialog.getByLabel("From address").fill("hello@acme.org");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("Acme Learning <hello@acme.org>").waitFor();
    await page.getByText("2,000 a day").waitFor();
    await page.getByText("Recipients cannot reach the address of your links").waitFor();
  });

  it("sends a test and shows the server's answer word for word, also a no, with what to do", async () => {
    await page.getByLabel("Send a test mail to").fill("me@acme.org");
    await page.keyboard.press("Enter");
    await page.getByText("The server took the mail", { exact: true }).waitFor();
    await page.locator("pre", { hasText: "250 2.0.0 OK: queued as P1000" }).waitFor();
    await page.getByText("The whole conversation").click();
    await page.getByText("RCPT TO:<me@acme.org>").waitFor();
    expect(await page.content()).not.toContain("peer-secret");
    peer.believe(false);
    await page.getByRole("button", { name: "Send the test" }).click();
    await page.getByText("The server refused the user name or password.").waitFor();
    await page.locator("pre", { hasText: "535 5.7.8 bad credentials" }).waitFor();
    peer.believe(true);
    await page.getByText("not taken", { exact: false }).first().waitFor();
    expect(peer.taken.map(({ to }) => to)).toEqual(["me@acme.org"]);
  });

  it("explains what the DNS says and gives the record to copy", async () => {
    dns.set({
      "acme.org": { txt: ["v=spf1 include:_spf.google.com -all"] },
      "_spf.google.com": { txt: ["v=spf1 ip4:203.0.113.0/24 ~all"] },
      "s1._domainkey.acme.org": { txt: [`v=DKIM1; k=rsa; p=${key}`] },
    });
    await page.getByRole("button", { name: "Change" }).click();
    await page.getByRole("dialog").getByLabel("DKIM selector").fill("s1");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Check SPF, DKIM and DMARC" }).click();
    await page.getByText("The record does not permit 127.0.0.1 to send for acme.org.").waitFor();
    await page.getByText("v=spf1 include:_spf.google.com ip4:127.0.0.1 -all").waitFor();
    await page.getByText("The key is published and sound.").waitFor();
    await page.getByText("acme.org has no DMARC record.").waitFor();
    await visit.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy the value for SPF" }).click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(
      "v=spf1 include:_spf.google.com ip4:127.0.0.1 -all",
    );
    dns.set({ "acme.org": { txt: ["v=spf1 ip4:127.0.0.1 ~all"] } });
    await page.getByRole("button", { name: "Check again" }).click();
    await page.getByText("The record permits 127.0.0.1").waitFor();
  });

  it("has a second account, which can be made the one for everything, and deleted", async () => {
    await page.getByRole("button", { name: "Add an account" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("From name").fill("Acme News");
    await dialog.getByLabel("From address").fill("news@acme.org");
    await dialog.getByRole("button", { name: "Save" }).click();
    const second = page.getByRole("region", { name: "Acme News" });
    await second.getByText("The postal address is missing").waitFor();
    await second.getByRole("button", { name: "Use for everything" }).click();
    await second.getByText("used for everything").waitFor();
    const first = page.getByRole("region", { name: "Acme Learning" });
    await first.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await first.waitFor({ state: "detached" });
  });

  for (const scheme of ["light", "dark"] as const)
    it(`is accessible with everything open and does not scroll sideways in ${scheme}, wide and narrow`, async () => {
      const { page: own, context, faults } = await stage.visit({ scheme, height: 780, bypassCSP: true });
      const fits = async () => {
        for (const width of [1280, 360]) {
          await own.setViewportSize({ width, height: 780 });
          expect(await findings(own), `${width} px`).toEqual([]);
          expect(await sideways(own), `${width} px`).toBeLessThanOrEqual(0);
        }
      };
      await own.goto("/settings/sending");
      peer.behave("reject", 1);
      await own.getByRole("button", { name: "Send the test" }).click();
      await own.getByText("The whole conversation").click();
      await own.getByRole("button", { name: "Check SPF, DKIM and DMARC" }).click();
      await own.getByText("The record permits 127.0.0.1").waitFor();
      await fits();
      await own.getByRole("button", { name: "Change" }).click();
      await own.getByRole("dialog").getByLabel("From name").waitFor();
      await fits();
      expect(faults).toEqual([]);
      await context.close();
    });

  it("never broke a script nor the content security policy on the way", () => {
    expect(visit.faults).toEqual([]);
  });
});
