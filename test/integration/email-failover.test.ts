// A campaign over two SMTP servers of which one fails: everybody is reached once, and the ledger names who took what.
import { afterEach, beforeEach, expect, test } from "vitest";
import { query } from "../../shared/db/knex.ts";
import type { MailPeer } from "../helpers/mail-peer.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { startSmtpPeer } from "../helpers/smtp-peer.ts";

let p: Pipeline;
let first: MailPeer;
let second: MailPeer;
beforeEach(async () => {
  [p, first, second] = await Promise.all([openPipeline(), startSmtpPeer(), startSmtpPeer()]);
  await p.people(60);
});
afterEach(async () => {
  await p.close();
  await Promise.all([first.stop(), second.stop()]);
});

const nameOf = (peer: MailPeer) => `smtp:${new URL(peer.url).host}`;
const tookBy = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await query<{ name: string; count: number }>(
        p.db,
        "select state || ' ' || provider as name, count(*)::int as count from messaging.messages group by 1",
      )
    ).map(({ name, count }) => [name, count]),
  );

test("the ledger names the server that took each message, and a no of one costs nobody an attempt", async () => {
  first.behave("fail");
  p.sender({ smtpUrls: [first.url, second.url] });
  const id = await p.launch();
  expect(await p.finished(id)).toBe("completed");
  expect(await tookBy()).toEqual({ [`accepted ${nameOf(second)}`]: 60 });
  expect(new Set(second.taken.map(({ to }) => to)).size).toBe(60);
  expect(first.taken).toEqual([]);
  const [most] = await query<{ max: number }>(p.db, "select max(attempts) from messaging.messages");
  expect(most?.max).toBe(1);
});

test("mails that one server took without an answer are unknown there, and the other never gets them", async () => {
  first.behave("take-then-drop", 2);
  p.sender({ smtpUrls: [first.url, second.url], connections: 2 });
  const id = await p.launch();
  expect(await p.finished(id)).toBe("held");
  const took = await tookBy();
  expect(took[`unknown ${nameOf(first)}`]).toBe(2);
  const everybody = [...first.taken, ...second.taken].map(({ to }) => to);
  expect(everybody).toHaveLength(60);
  expect(new Set(everybody).size).toBe(60);
});
