// The processes page in a real browser: an operator drains a process, sees that it does, and lets it work again.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openStage, type Stage } from "./browser.ts";

describe.skipIf(!hasBrowser())("the processes page", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("shows a process and the ways out, drains it after a question and lets it work again", async () => {
    const { page, context, faults } = await stage.visit();
    await page.goto("/operations/queues");
    await page.getByRole("navigation", { name: "Operations" }).getByRole("link", { name: "Workers" }).click();
    const table = page.getByRole("table", { name: "Processes" });
    await table.getByText("working", { exact: true }).waitFor();
    await page.getByRole("list", { name: "Providers" }).getByText("fine").waitFor();
    await table.getByRole("link").first().click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Event loop").waitFor();
    await drawer.getByRole("button", { name: "Drain", exact: true }).click();
    await page.getByRole("button", { name: "Drain it" }).click();
    await drawer.getByText("draining", { exact: true }).waitFor();
    await drawer.getByRole("button", { name: "Let it work again" }).click();
    await drawer.getByText("working", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await table.getByText("working", { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe("");
    await page.goto("/settings/audit");
    await page.getByText("drained a process").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});
