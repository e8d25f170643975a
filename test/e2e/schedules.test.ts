// Schedules in the browser: see what comes when, run one by hand, pause it, change its times with the next ones in view,
// and find all of it in the audit log.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../helpers/processes.ts";
import { faultsOf } from "./accessibility.ts";
import { hasBrowser, openStage, type Stage, type Visit } from "./browser.ts";

describe.skipIf(!hasBrowser())("the schedules screen", () => {
  let stage: Stage;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage();
    visit = await stage.visit({ bypassCSP: true });
    page = visit.page;
  });
  afterAll(() => stage?.close());

  const drawer = () => page.getByRole("dialog", { name: "tokens.cleanup" });
  const confirm = async (act: string, yes = act) => {
    await drawer().getByRole("button", { name: act }).click();
    await page.getByRole("dialog", { name: /\?$/ }).getByRole("button", { name: yes }).click();
  };

  it("shows what comes when, and what became of the last time", async () => {
    await page.goto("/operations/schedules");
    await page.getByRole("link", { name: "Schedules" }).waitFor();
    await page.getByText("every day at 01:00").waitFor();
    await page.getByText("Deletes links, keys and tokens that have expired.").waitFor();
  });

  it("runs one by hand, and the job is done", async () => {
    await page.getByRole("link", { name: "tokens.cleanup" }).click();
    await drawer().getByRole("heading", { name: "Next" }).waitFor();
    await confirm("Run now");
    await page.getByText("Its job is started.").waitFor();
    const line = drawer().getByRole("listitem").filter({ hasText: "by hand" });
    await line.getByText("completed").waitFor();
  });

  it("pauses it and lets it go on", async () => {
    await confirm("Pause");
    await drawer().getByText("It is paused: nothing of it starts.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("row").filter({ hasText: "tokens.cleanup" }).getByText("paused").waitFor();
    await page.getByRole("link", { name: "tokens.cleanup" }).click();
    await confirm("Resume");
    await drawer().getByRole("button", { name: "Pause" }).waitFor();
  });

  it("changes its times with the next ones in view, says what cannot be read, and goes back", async () => {
    await drawer().getByRole("button", { name: "Change" }).click();
    await drawer().getByLabel("Cron").fill("61 4 * * *");
    await drawer()
      .getByText(/got value 61 expected range 0-59/)
      .waitFor();
    await drawer().getByLabel("Cron").fill("30 4 * * mon");
    await drawer().getByText("on Mondays at 04:30").waitFor();
    await drawer().getByLabel("Time zone").fill("Europe/Berlin");
    const next = drawer().getByRole("status", { name: "The next times" }).getByRole("listitem");
    await next
      .filter({ hasText: /^Mon.*04:30$/ })
      .first()
      .waitFor();
    expect(await next.count()).toBe(5);
    expect(await faultsOf(page)).toEqual([]);
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().getByText("on Mondays at 04:30").waitFor();
    await confirm("Undo the changes", "Go back");
    await drawer().getByText("every day at 01:00").waitFor();
  });

  it("finds all of it in the audit log", async () => {
    // Lines are gathered for a second before they are written.
    await until("the last act is in the log", async () =>
      (await (await page.request.get("/api/v1/audit?limit=100")).text()).includes("schedules.reset"),
    );
    await page.goto("/settings/audit");
    for (const act of [
      "started a schedule's job by hand tokens.cleanup",
      "paused a schedule tokens.cleanup",
      "resumed a schedule tokens.cleanup",
      "changed a schedule tokens.cleanup",
    ])
      await page.getByText(act).first().waitFor();
    expect(visit.faults).toEqual([]);
  });
});
