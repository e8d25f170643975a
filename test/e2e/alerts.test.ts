// Alerts in a browser on the real platform: a rule is made, something goes wrong, a mail tells it, and it is silenced.
// And beside the same platform the prompt, which a local operator enters without a password.
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentWith } from "../../shared/environment.ts";
import { until } from "../helpers/processes.ts";
import { hasBrowser, openStage, type Stage } from "./browser.ts";
import { post } from "./set-up.ts";

describe.skipIf(!hasBrowser())("alerts", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("are made, told by mail when something is wrong, and silenced", async () => {
    const { page, context, faults } = await stage.visit();
    await page.goto("/operations/queues");
    await page.getByRole("link", { name: "Alerts" }).click();
    await page.getByRole("heading", { level: 1, name: "Alerts" }).waitFor();
    await page.getByText("A job of any queue waits longer than 5 min, for 60 s.").waitFor();

    await page.getByRole("button", { name: "Make a rule" }).click();
    await page.getByLabel("What is watched").selectOption({ label: "A queue was left paused" });
    await page.getByLabel("Name").fill("Somebody holds a queue");
    await page.getByLabel("Limit, in hours").fill("x");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Give a number such as 300").waitFor();
    await page.getByLabel("Limit, in hours").fill("0");
    await page.getByLabel("For how long").fill("0");
    await page.getByLabel("And well for").fill("0");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("A queue or job type is paused for longer than 0 s.").waitFor();

    await page.getByRole("button", { name: "Change", exact: true }).click();
    await expect.poll(() => page.getByLabel("Send mail").isChecked()).toBe(true);
    await page.getByLabel("Addresses").fill("ops@example.org");
    await page.getByLabel("Webhook").fill("http://10.0.0.1/alerts");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/begins with http:; expected https/).waitFor();
    await page.getByLabel("Webhook").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("ops@example.org", { exact: true }).waitFor();

    // News of the channels, which the screen reads again by itself, takes nothing away from who is typing.
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByLabel("Addresses").fill("half a wor");
    await post(page, "/alert-channels/test", {});
    await page.getByText("mailed to 1").first().waitFor();
    expect(await page.getByLabel("Addresses").inputValue()).toBe("half a wor");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByLabel("Addresses").waitFor({ state: "detached" });
    await post(page, "/queues/emails/pause", {});
    await page.getByRole("heading", { name: "1 alert open" }).waitFor({ timeout: 40_000 });
    await page
      .getByText(/^The queue emails has been paused for/)
      .first()
      .waitFor();
    await page.goto("/");
    await page.getByRole("link", { name: "Somebody holds a queue" }).click();
    await page.getByRole("heading", { level: 1, name: "Alerts" }).waitFor();

    await page.getByRole("button", { name: "What to do with Somebody holds a queue" }).click();
    await page.getByRole("menuitem", { name: "Silence for a while" }).click();
    await page.getByLabel("Why").fill("we are at it");
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await page.getByText(/Silent until .*: we are at it/).waitFor();

    // Mail waits while its queue is held, and goes out when it is not: nothing is lost.
    await post(page, "/queues/emails/resume", {});
    const mails = await until(
      "both mails are there",
      async () => {
        const { data } = (await (await page.request.get("/sandbox/mail")).json()) as {
          data: { to: string; subject: string }[];
        };
        return data.length >= 2 && data;
      },
      { timeoutMs: 30_000 },
    );
    expect(mails.map(({ to, subject }) => `${to} ${subject}`).sort()).toEqual([
      "ops@example.org Alert: Somebody holds a queue (queue emails)",
      "ops@example.org Test of your alerts",
    ]);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("are seen by a local operator from the prompt, who needs no password beside npm start", async () => {
    const { out, err } = await new Promise<{ out: string; err: string }>((done) => {
      execFile(
        process.execPath,
        ["gateway/accounts/repl-command.ts", "incidents"],
        {
          cwd: resolve(import.meta.dirname, "../.."),
          env: environmentWith({
            NODE_ENV: "development",
            LC_DATA_DIR: stage.platform.dataDir,
            LC_ADMIN_EMAIL: "owner@example.org",
          }),
        },
        (_error, stdout, stderr) => done({ out: stdout, err: stderr }),
      );
    });
    expect(err).toBe("");
    expect(out).toMatch(/^opened +(recovered +)?what\n.*The queue emails has been paused for/);
  });
});
