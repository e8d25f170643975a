// Dead letters in the browser: an operator sees why an event died, looks into it, replays it, and clears the rest.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectRedis } from "../../shared/streams/connections.ts";
import { eventFields, newEvent } from "../../shared/streams/stream-entry.ts";
import { freshRedis } from "../helpers/infrastructure.ts";
import { findings, sideways } from "./accessibility.ts";
import { hasBrowser, openStage, type Stage } from "./browser.ts";

describe.skipIf(!hasBrowser())("dead letters", () => {
  const redisUrl = freshRedis().url;
  let stage: Stage;
  let page: Page;

  /** As a reader buries an event that it could not handle. */
  const bury = async (error: string, fields: readonly string[]) => {
    const redis = connectRedis(redisUrl, "test");
    const raw = fields.map((field, index) => (index % 2 === 0 ? `raw:${field}` : field));
    const own = ["stream", "lc:events:message", "entry", "5-1", "group", "campaigns", "error", error, "attempts", "10"];
    await redis.xadd("lc:dead:campaigns", "*", ...own, "at", new Date().toISOString(), ...raw);
    redis.disconnect();
  };
  const delivered = () => eventFields(newEvent("message.delivered", { to: "ada@example.org" }));

  beforeAll(async () => {
    stage = await openStage({ env: { REDIS_URL: redisUrl } });
    ({ page } = await stage.visit());
  });
  afterAll(async () => {
    await stage?.close();
  });

  it("say that there are none, and what would be here", async () => {
    await page.goto("/operations/queues");
    await page.getByRole("link", { name: "Dead letters" }).click();
    await page.getByRole("heading", { level: 2, name: "No dead letters" }).waitFor();
  });

  it("show why one died, hide its content until it is asked for, and are replayed", async () => {
    await bury("no such template", delivered());
    await page.reload();
    await page.getByRole("link", { name: "message.delivered" }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("no such template").waitFor();
    await drawer.getByText('"to": "text, 15 characters"').waitFor();
    expect(await drawer.getByText("ada@example.org").count()).toBe(0);
    await drawer.getByRole("button", { name: "Show the values" }).click();
    await drawer.getByText("ada@example.org").waitFor();
    await drawer.getByRole("button", { name: "Replay", exact: true }).click();
    await drawer.getByText("replayed", { exact: true }).waitFor();
    await expect
      .poll(async () => (await page.request.get("/api/v1/audit?action=deadLetters.")).text())
      .toContain("deadLetters.replay");
    await page.goto("/settings/audit");
    await page.getByText("looked into a dead letter").waitFor();
    await page.getByText("replayed a dead letter").waitFor();
  });

  it("are replayed and dropped many at once, after the exact number was shown", async () => {
    for (let n = 0; n < 4; n++) await bury("no such template", delivered());
    await bury("data is not JSON", ["id", "1", "type", "message.delivered", "at", "now", "data", "{"]);
    await page.goto("/operations/dead-letters?state=dead");
    await page.getByText("5 wait for you").waitFor();
    await page.getByRole("button", { name: "Replay all of campaigns" }).click();
    await page.getByRole("button", { name: "Replay 4 dead letters" }).click();
    await page.getByText("4 dead letters replayed.").waitFor();
    await page.getByRole("button", { name: "Drop all of campaigns" }).click();
    await page.getByRole("button", { name: "Drop 1 dead letter" }).click();
    await page.getByText("None waits for a decision.").waitFor();
    await page.getByRole("heading", { level: 2, name: "No dead letter matches" }).waitFor();
  });

  it("are as accessible and as narrow as every screen, also with one open", async () => {
    await bury("a long reason that explains at some length why the handler of this event could not do it", delivered());
    const wrong: string[] = [];
    for (const [scheme, width] of [
      ["light", 1280],
      ["dark", 360],
    ] as const) {
      const visit = await stage.visit({ scheme, width, bypassCSP: true });
      await visit.page.goto("/operations/dead-letters");
      await visit.page.getByRole("link", { name: "message.delivered" }).first().waitFor();
      wrong.push(...(await findings(visit.page)));
      if ((await sideways(visit.page)) > 0) wrong.push(`the list is too wide for ${width} px`);
      await visit.page.getByRole("link", { name: "message.delivered" }).first().click();
      await visit.page.getByRole("button", { name: "Show the values" }).waitFor();
      wrong.push(...(await findings(visit.page)));
      if ((await sideways(visit.page)) > 0) wrong.push(`one letter is too wide for ${width} px`);
      await visit.context.close();
    }
    expect(wrong).toEqual([]);
  });
});
