// The operations room in the browser: an operator finds a failed job by the person it is about, sees what went wrong in
// each try, mends its input, runs it again and is found in the audit log; acts on many jobs; and applies a webhook again.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { enqueueMany } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { freshDatabase, freshRedis, hasRealPostgres } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { callbackSenders, hookSettings } from "../helpers/provider-callbacks.ts";
import { faultsOf, findings } from "./accessibility.ts";
import { hasBrowser, openStage, owner, type Stage, type Visit } from "./browser.ts";
import { post } from "./set-up.ts";

const ada = "ada@learning-center.test";

describe.skipIf(!hasBrowser() || !hasRealPostgres())("the operations room", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;
  let db: Db;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let messageId: string;

  /** Failed jobs about the message to Ada: as a version of the platform left them that did not tell opens from clicks. */
  const leaveBroken = async (count: number) => {
    const ids = await db.transaction(async (trx) => {
      const input = { messageId, type: "opened", url: null, at: new Date().toISOString() } as const;
      const made = await enqueueMany(
        trx,
        "tracking.click-record",
        Array.from({ length: count }, () => ({ ...input, userAgent: "A browser", addressHash: null })),
      );
      await query(trx, "update jobs.jobs set input = input - 'type' where id = any(?::uuid[])", [made]);
      return made;
    });
    await until("all of them have failed", async () => {
      const failed = await query(db, "select 1 from jobs.history where state = 'failed' and id = any(?::uuid[])", [
        ids,
      ]);
      return failed.length === count;
    });
    return ids;
  };
  const heading = (name: string) => page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  const dialog = () => page.getByRole("dialog");

  beforeAll(async () => {
    database = await freshDatabase();
    stage = await openStage({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: freshRedis().url,
        LC_POSTMARK_WEBHOOK_LOGIN: hookSettings.postmarkLogins.join(","),
      },
    });
    db = connectPostgres(database.url, 2);
    visit = await stage.visit();
    page = visit.page;
    const consent = { channels: ["email"], basis: "form", source: "test" };
    const person = await post(page, "/contacts", { email: ada, firstName: "Ada", lastName: "Lovelace", consent });
    const sent = await post(page, "/messages", {
      channel: "email",
      contactId: person.id,
      content: { subject: "Your receipt", html: "<p>Thank you.</p>" },
      kind: "transactional",
    });
    messageId = sent.id;
  });
  afterAll(async () => {
    expect(visit?.faults).toEqual([]);
    await db?.destroy();
    await stage?.close();
    await database?.drop();
  });

  it("is where the dashboard of the old queues was", async () => {
    await page.goto("/horizon");
    await heading("Queues");
    expect(new URL(page.url()).pathname).toBe("/operations/queues");
    await page.getByRole("navigation", { name: "Operations" }).getByRole("link", { name: "Webhooks" }).click();
    await page.getByRole("heading", { name: "Nothing came in yet" }).waitFor();
  });

  it("finds a failed job by the person, shows each try's error, takes a mended input, and the audit log tells of it", async () => {
    const [id] = await leaveBroken(1);
    await page.goto("/operations/jobs");
    await page.getByLabel("Person the job is about").fill(ada);
    await page.waitForURL((url) => url.searchParams.get("person") === ada);
    await page.getByText("The input does not fit the contract of tracking.click-record: type").waitFor();
    await page.getByRole("link", { name: "tracking.click-record" }).click();
    await heading("tracking.click-record");
    expect(page.url()).toContain(id as string);
    await page.getByText("Error 1 of 1: trying again cannot help").waitFor();

    // Without mending it fails again, and both errors stay.
    await page.getByRole("button", { name: "Run again", exact: true }).click();
    await dialog().getByRole("button", { name: "Run again" }).click();
    await page.getByText("Error 2 of 2: trying again cannot help").waitFor();
    await page.getByText("Error 1 of 2: trying again cannot help").waitFor();

    const input = page.getByLabel("Input of the job");
    expect(await input.textContent()).toContain('"userAgent": "text, 9 characters"');
    await page.getByRole("button", { name: "Show the values" }).click();
    await input.getByText("A browser").waitFor();
    await page.getByRole("button", { name: "Change it and run again" }).click();
    const editor = page.getByLabel("Input as JSON");
    const broken = JSON.parse(await editor.inputValue());
    const run = page.getByRole("button", { name: "Run again with this input" });
    await editor.fill("{ not json");
    await run.click();
    await page.getByText("This is not JSON").waitFor();
    await editor.fill(JSON.stringify({ ...broken, type: "looked at" }));
    await run.click();
    await page
      .getByRole("alert")
      .locator(".lc-mono", { hasText: /^type$/ })
      .waitFor();
    await editor.fill(JSON.stringify({ ...broken, type: "opened" }));
    await run.click();
    await page.locator("header").getByText("done", { exact: true }).waitFor();
    await page.getByText("What went wrong before").waitFor();

    // What the job is for has happened.
    const { data } = await (await page.request.get("/api/v1/contacts")).json();
    await page.goto(`/contacts/${data[0].id}?type=event`);
    await page
      .getByText(/opened/i)
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Jobs about this person" }).click();
    await page.getByRole("button", { name: /About Ada Lovelace/ }).waitFor();
    await page.getByRole("link", { name: "tracking.click-record" }).waitFor();

    await page.goto("/settings/audit?action=jobs.");
    const line = (words: string) => page.getByRole("row").filter({ hasText: words });
    await line("ran a job again").nth(1).waitFor();
    await line("looked at the input of a job").first().waitFor();
    expect(await line("ran a job again").first().textContent()).toMatch(new RegExp(`${owner.email}|Owner`, "i"));
    await line("ran a job again")
      .first()
      .getByRole("link", { name: id as string })
      .click();
    await heading("tracking.click-record");
  });

  it("cancels all jobs that match once their exact number was typed, also those that are not on the screen", async () => {
    await db.transaction((trx) =>
      enqueueMany(
        trx,
        "campaign.finalize",
        Array.from({ length: 70 }, () => ({ campaignId: makeId() })),
        { tags: ["nightly"], runAt: new Date(Date.now() + 86_400_000) },
      ),
    );
    await page.goto("/operations/jobs?tag=nightly");
    await page.getByRole("checkbox", { name: "Select all rows shown" }).check();
    await page.getByRole("button", { name: "Choose all that match" }).click();
    await page.getByRole("region", { name: "Chosen jobs" }).getByRole("button", { name: "Cancel" }).click();
    await dialog().getByText("Exactly 70 jobs").waitFor();
    const go = dialog().getByRole("button", { name: "Cancel 70 jobs" });
    expect(await go.isDisabled()).toBe(true);
    await dialog().getByLabel("Type 70 to confirm").fill("70");
    await go.click();
    await dialog().getByText("cancel: 70 of 70 jobs").waitFor();
    await dialog().getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("row").filter({ hasText: "cancelled" }).nth(1).waitFor();
    const [left] = await query<{ n: number }>(
      db,
      "select count(*)::int as n from jobs.jobs where tags @> array['nightly']",
    );
    expect(left?.n).toBe(0);
  });

  it("puts failures of one kind together, leads to their jobs, and deletes them at once", async () => {
    await leaveBroken(3);
    await page.goto("/operations/failures");
    const kind = page.getByRole("listitem").filter({ hasText: "tracking.click-record: trying again cannot help" });
    await kind.getByText("3 failures").waitFor();
    await kind.getByRole("link", { name: /Show the jobs/ }).click();
    await page.getByRole("button", { name: /One kind of failure/ }).waitFor();
    await expect.poll(() => page.getByRole("link", { name: "tracking.click-record" }).count()).toBe(3);
    await page.goBack();
    await kind.getByRole("button", { name: /Delete all/ }).click();
    await dialog().getByLabel("Type 3 to confirm").fill("3");
    await dialog().getByRole("button", { name: "Delete 3 jobs" }).click();
    await dialog().getByText("delete: 3 of 3 jobs").waitFor();
    await dialog().getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("heading", { name: "Nothing failed" }).waitFor();
  });

  it("shows what a provider reported, hides whom it is about until asked, and applies it again", async () => {
    const { headers, body } = callbackSenders.postmark.make({
      kind: "delivered",
      address: ada,
      messageId,
      providerMessageId: "b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
      at: new Date(),
    });
    const answer = await fetch(`${stage.url}/hooks/email/postmark`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
    });
    expect(answer.status).toBe(202);
    await page.goto("/operations/webhooks");
    await page.getByRole("row").filter({ hasText: "applied" }).waitFor();
    await page.getByRole("link", { name: "Postmark" }).click();
    const content = page.getByLabel("Content of the webhook");
    await content.waitFor();
    expect(await content.textContent()).not.toContain(ada);
    await page.getByRole("button", { name: "Show the values" }).click();
    await content.getByText(ada).waitFor();
    await page.getByRole("button", { name: "Apply it again" }).click();
    await page.getByText("It is being applied again.").waitFor();
    await page.getByRole("link", { name: "Jobs that applied it" }).click();
    await page.getByRole("row").filter({ hasText: "webhook.process" }).filter({ hasText: "done" }).nth(1).waitFor();
    await expect
      .poll(async () => (await (await page.request.get("/api/v1/audit?action=webhooks.")).json()).data.length)
      .toBe(2);
    await page.goto("/settings/audit");
    for (const words of ["applied a webhook again", "looked at what a webhook says"])
      await page.getByRole("row").filter({ hasText: words }).waitFor();
  });

  it("has no serious accessibility finding and fits a phone where something went wrong", async () => {
    const [id] = await leaveBroken(1);
    await page.goto(`/operations/jobs/${id}`);
    await page.getByText("Error 1 of 1").waitFor();
    const { page: seen, context } = await stage.visit({ bypassCSP: true });
    const check = async (what: string) => expect([what, await faultsOf(seen)]).toEqual([what, []]);
    await seen.goto(`/operations/jobs/${id}`);
    await seen.getByText("Where in the code").click();
    await seen.getByRole("button", { name: "Change it and run again" }).click();
    await seen.getByLabel("Input as JSON").fill('{"messageId": "x"}');
    await seen.getByRole("button", { name: "Run again with this input" }).click();
    await seen.getByRole("alert").waitFor();
    await check("a refused input");
    await seen.goto("/operations/failures");
    await seen.getByText("1 failure", { exact: true }).waitFor();
    expect(await findings(seen)).toEqual([]);
    await seen.getByRole("button", { name: /Delete all/ }).click();
    await seen.getByLabel("Type 1 to confirm").waitFor();
    expect(await findings(seen)).toEqual([]);
    await seen.goto("/operations/webhooks");
    await seen.getByRole("link", { name: "Postmark" }).click();
    await seen.getByLabel("Content of the webhook").waitFor();
    await check("a webhook");
    await context.close();
  });
});
