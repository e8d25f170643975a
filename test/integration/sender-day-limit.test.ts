// An account's limit per day: exact over several senders, kept when Redis is lost, and not used up by refusals.
import { afterEach, beforeEach, expect, test } from "vitest";
import { preflightCampaign } from "../../services/campaigns/campaigns/preflight.ts";
import { query } from "../../shared/db/knex.ts";
import { claimMessages, commitHandOff, releaseClaimed } from "../../shared/messaging/claim.ts";
import { returnDayTokens, takeDayTokens } from "../../shared/messaging/day-limit.ts";
import { sweepLeases } from "../../shared/messaging/sweep.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";
import { scriptedSmtp } from "../helpers/scripted-smtp.ts";

let p: Pipeline;
beforeEach(async () => {
  p = await openPipeline();
});
afterEach(() => p.close());

const limit = (messages: number | null) =>
  query(p.db, "update messaging.sender_accounts set daily_limit = ?", [messages]);
const taken = async () =>
  (await query<{ taken: number }>(p.db, "select coalesce(sum(taken), 0)::int as taken from messaging.sender_days"))[0]
    ?.taken;
const accountId = async () =>
  (await query<{ id: string }>(p.db, "select id from messaging.sender_accounts"))[0]?.id as string;
const counts = async (id: string) => (await p.stats(id)).states;

test("takers at the same time never get more than the limit between them, and what goes back is there again", async () => {
  const id = await accountId();
  const all = await Promise.all(Array.from({ length: 40 }, () => takeDayTokens(p.db, id, 100, 7)));
  expect(all.reduce((sum, one) => sum + (one?.granted ?? 0), 0)).toBe(100);
  expect(await takeDayTokens(p.db, id, 100, 1)).toBeUndefined();
  const day = all.find((one) => one !== undefined)?.day as string;
  await returnDayTokens(p.db, id, day, 3);
  expect(await takeDayTokens(p.db, id, 100, 5)).toMatchObject({ granted: 3 });
  // Lowered below what was taken: nothing more, and nothing negative.
  expect(await takeDayTokens(p.db, id, 50, 5)).toBeUndefined();
  // What comes back from a day before does not enlarge today.
  await returnDayTokens(p.db, id, "2020-01-01", 50);
  expect(await takeDayTokens(p.db, id, 100, 1)).toBeUndefined();
});

test("two senders stop at the day's limit, also after Redis lost everything, and go on when it is raised", async () => {
  await p.people(90);
  await limit(40);
  p.sender();
  p.sender();
  const id = await p.launch();
  await until("the limit is reached", async () => (await counts(id)).accepted === 40);
  await p.deps.redis.flushdb();
  // Had anybody gone beyond it, then one more would not make exactly one more.
  for (const next of [41, 42, 60]) {
    await limit(next);
    await until(`${next} are sent`, async () => (await counts(id)).accepted === next);
    expect(await taken()).toBe(next);
  }
  await limit(70);
  await until("the raised limit is reached", async () => (await counts(id)).accepted === 70);
  await limit(null);
  expect(await p.finished(id)).toBe("completed");
  expect((await counts(id)).accepted).toBe(90);
});

test("messages that the provider did not take do not count for the day", async () => {
  let refusals = 25;
  const server = await scriptedSmtp(({ line }) =>
    /^RCPT TO/i.test(line) && refusals-- > 0 ? "451 4.3.0 try again later" : undefined,
  );
  try {
    await p.people(20);
    await limit(20);
    p.sender({ smtpUrls: [server.url], policy: { maxAttempts: 10, backoffMs: () => 20 } });
    const id = await p.launch();
    expect(await p.finished(id)).toBe("completed");
    expect((await counts(id)).accepted).toBe(20);
    expect(await taken()).toBe(20);
  } finally {
    await server.close();
  }
});

test("what a killed process had only claimed does not count for the day, what it was handing over does", async () => {
  await p.people(20);
  const id = await p.launch();
  const account = await accountId();
  await takeDayTokens(p.db, account, 40, 20);
  const claim = { sourceId: id, channel: "email", bulk: true, leaseSeconds: 0, after: null } as const;
  const claimed = await claimMessages(p.db, { ...claim, limit: 12, attemptId: p.deps.id() });
  const handed = p.deps.id();
  const { claimed: others } = await claimMessages(p.db, { ...claim, limit: 8, attemptId: handed });
  const ids = others.map((message) => message.id);
  await commitHandOff(
    p.db,
    ids,
    ids.map(() => handed),
    "x",
    0,
  );
  expect(await sweepLeases(p.db, "email", 3)).toMatchObject({ requeued: 12, unknown: 8 });
  expect(await taken()).toBe(8);
  // Its own hands are empty by now, should it have been frozen only.
  const mine = claimed.claimed.map((message) => message.id);
  expect(await releaseClaimed(p.db, mine, p.deps.id())).toBe(0);
});

test("preflight says that a day's limit makes a campaign take days", async () => {
  await p.people(90);
  const id = await p.launch();
  await limit(40);
  expect((await preflightCampaign(p.deps, { id })).estimate.seconds).toBe(2 * 86_400);
  await limit(90);
  expect((await preflightCampaign(p.deps, { id })).estimate.seconds).toBeLessThan(60);
});
