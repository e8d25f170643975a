// The pure parts of monitors: what a reading does to an incident, how a call is signed, and the words of a notice.
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { type Course, calmSeconds, decide } from "../../services/scheduler/monitors/decide.ts";
import type { Told } from "../../services/scheduler/monitors/incidents/store.ts";
import { builtIns, durationWords, kinds, ruleSentence } from "../../services/scheduler/monitors/kinds.ts";
import { signedHeaders, webhookSecret } from "../../services/scheduler/monitors/notices/call-webhook.ts";
import { composeNotice, noticeLines, noticeMail } from "../../services/scheduler/monitors/notices/compose.ts";
import { MonitorKind } from "../../shared/contracts/monitors.ts";

const rule = { threshold: 100, clearAt: 80, forSeconds: 30, clearForSeconds: 60 };
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000);
/** The states after readings at these seconds. */
const follow = (readings: readonly (readonly [second: number, value: number])[], flaps = 0) => {
  let course: Course | undefined;
  return readings.map(([second, value]) => {
    const next = decide(rule, value, course, flaps, at(second));
    course = next?.state === "recovered" ? undefined : next;
    return next?.state ?? "none";
  });
};

test("an incident opens when the value was too high for long enough, and a short peak opens none", () => {
  expect(
    follow([
      [0, 101],
      [15, 500],
      [30, 101],
    ]),
  ).toEqual(["pending", "pending", "open"]);
  expect(
    follow([
      [0, 500],
      [15, 100],
      [30, 500],
    ]),
  ).toEqual(["pending", "none", "pending"]);
});

test("it recovers only when the value stayed at the lower limit for long enough, not just below the threshold", () => {
  expect(
    follow([
      [0, 200],
      [30, 200],
      [45, 90],
      [300, 90],
      [310, 80],
      [330, 81],
      [340, 10],
      [399, 10],
      [400, 10],
    ]),
  ).toEqual(["pending", "open", "open", "open", "open", "open", "open", "open", "recovered"]);
});

test("one that came back has to stay well for longer each time, up to an hour", () => {
  expect([0, 1, 2, 3, 9].map((flaps) => calmSeconds(rule, flaps))).toEqual([60, 600, 1_200, 2_400, 3_600]);
  expect(
    follow(
      [
        [0, 200],
        [30, 200],
        [40, 0],
        [639, 0],
        [640, 0],
      ],
      1,
    ),
  ).toEqual(["pending", "open", "open", "open", "recovered"]);
});

test("the worst value is kept, and the opening one", () => {
  const pending = decide(rule, 150, undefined, 0, at(0));
  const open = decide(rule, 200, pending, 0, at(30));
  expect(decide(rule, 120, decide(rule, 900, open, 0, at(45)), 0, at(60))).toMatchObject({
    state: "open",
    openingValue: 200,
    worstValue: 900,
    lastValue: 120,
  });
});

test("a call is signed as Standard Webhooks says, with every key, so that keys can be rotated", () => {
  const keys = ["first-key-of-at-least-32-characters", "second-key-of-at-least-32-characters"];
  const headers = signedHeaders({ id: "n1", at: at(0), text: "{}" }, "salt", keys);
  const sign = (secret: string) =>
    `v1,${createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
      .update(`n1.${at(0).getTime() / 1_000}.{}`)
      .digest("base64")}`;
  expect(headers["webhook-signature"]).toBe(
    [webhookSecret("salt", keys), webhookSecret("salt", keys.slice(1))].map(sign).join(" "),
  );
  expect(webhookSecret("other", keys)).not.toBe(webhookSecret("salt", keys));
});

const told = (what: Told["what"], subject: string, name = "Jobs wait too long"): Told => ({
  ...{ id: subject, monitorId: "m", subject, state: "open", breachedAt: at(0), openedAt: at(60), clearSince: null },
  ...{ recoveredAt: what === "recovered" ? at(360) : null, openingValue: 301, worstValue: 900, lastValue: 400 },
  ...{ flaps: 0, detail: null, kind: "queue-age", name, what },
});

test("a notice says in one title and a line each what changed, also of a storm", () => {
  const single = composeNotice([told("opened", "emails")], "https://x/operations/alerts");
  expect(single.title).toBe("Alert: Jobs wait too long (emails)");
  expect(noticeLines(single)).toEqual([
    "A job of the queue emails has waited for 6.7 min. Since 2026-01-01 00:01 UTC.",
  ]);
  const both = composeNotice(
    [told("opened", "a"), told("opened", "b"), told("recovered", "c"), told("still", "d")],
    "",
  );
  expect(both.title).toBe("2 alerts, 1 still open, 1 recovered");
  expect(noticeLines(both)[2]).toBe("Recovered after 5 min. It was: A job of the queue c has waited for 15 min.");
  const storm = composeNotice(
    Array.from({ length: 50 }, (_, n) => told("opened", `queue-${n}`)),
    "",
  );
  expect(noticeLines(storm)).toHaveLength(21);
  expect(noticeLines(storm).at(-1)).toBe("And 30 more.");
});

test("a rule's name is text in the mail, whatever is in it", () => {
  const mail = noticeMail(composeNotice([told("opened", "a", "<b>{{email}}</b>")], "https://x/?a=1&b=2"));
  expect(mail.html).not.toContain("<b>");
  expect(mail.html + mail.subject + mail.text).not.toContain("{{");
  expect(mail.html).toContain('href="https://x/?a=1&amp;b=2"');
});

test("every kind of rule has a sentence, and there is a rule of each from the start", () => {
  expect(Object.keys(kinds).sort()).toEqual([...MonitorKind.options].sort());
  expect(builtIns.map(({ kind }) => kind).sort()).toEqual([...MonitorKind.options].sort());
  for (const built of builtIns) expect(ruleSentence({ ...built, subject: null })).toMatch(/^[A-Z].*\.$/);
  expect(ruleSentence({ kind: "queue-age", subject: "emails", threshold: 300, forSeconds: 120 })).toBe(
    "A job of the queue emails waits longer than 5 min, for 2 min.",
  );
  expect([30, 100, 3_600, 7_800, 200_000].map(durationWords)).toEqual([
    "30 s",
    "1.7 min",
    "60 min",
    "2 h 10 min",
    "2 days",
  ]);
});
