// What the callbacks of each vendor mean, case by case, and when soft bounces add up.
import { describe, expect, test } from "vitest";
import { readPostmark } from "../../services/email/inbound/payloads/postmark.ts";
import type { Reading, StoredDelivery } from "../../services/email/inbound/payloads/reading.ts";
import { readResend } from "../../services/email/inbound/payloads/resend.ts";
import { readSendgrid } from "../../services/email/inbound/payloads/sendgrid.ts";
import { readSes } from "../../services/email/inbound/payloads/ses.ts";
import { refusesForGood } from "../../shared/lib/soft-bounces.ts";

const id = "01900000-0000-7000-8000-00000000000a";
const receivedAt = new Date("2026-11-22T10:00:00Z");
const delivery = (value: unknown): StoredDelivery => ({
  deliveryId: "d1",
  body: Buffer.from(JSON.stringify(value)),
  receivedAt,
});
/** `bounced hard`, `delivered`, or why nothing follows. */
const meaning = ({ feedback, ignored }: Reading): string =>
  feedback.length === 0
    ? `ignored: ${ignored}`
    : feedback.map(({ kind, hard }) => (kind === "bounced" ? `bounced ${hard ? "hard" : "soft"}` : kind)).join();

const resend = (type: string, data: object = {}) => readResend(delivery({ type, data: { email_id: "r", ...data } }));
test.each([
  ["email.sent", {}, "accepted"],
  ["email.delivery_delayed", {}, "accepted"],
  ["email.delivered", {}, "delivered"],
  ["email.bounced", { bounce: { type: "Permanent" } }, "bounced hard"],
  ["email.bounced", { bounce: { type: "Transient" } }, "bounced soft"],
  ["email.bounced", { bounce: { type: "Undetermined" } }, "bounced soft"],
  ["email.bounced", {}, "bounced soft"],
  ["email.suppressed", {}, "bounced hard"],
  ["email.failed", { failed: { reason: "reached_daily_quota" } }, "bounced soft"],
  ["email.complained", {}, "complained"],
  ["email.clicked", {}, "ignored: Nothing follows from email.clicked"],
  ["contact.created", {}, "ignored: Nothing follows from contact.created"],
])("Resend: %s %j is %s", (type, data, expected) => {
  expect(meaning(resend(type, data))).toBe(expected);
});

test("Resend: our tag comes back as an object or as a list", () => {
  const asList = [
    { name: "other", value: "x" },
    { name: "lc_message", value: id },
  ];
  for (const tags of [{ lc_message: id }, asList])
    expect(resend("email.delivered", { tags }).feedback).toMatchObject([{ messageId: id, providerMessageId: "r" }]);
  for (const tags of [undefined, "x", [], { lc_message: "'; drop table" }, { lc_message: { id } }])
    expect(resend("email.delivered", { tags }).feedback).toMatchObject([{ messageId: null }]);
});

const postmark = (fields: object) => readPostmark(delivery({ MessageID: "pm", ID: 5, ...fields }));
test.each([
  [{ RecordType: "Delivery" }, "delivered"],
  [{ RecordType: "Bounce", Type: "HardBounce" }, "bounced hard"],
  [{ RecordType: "Bounce", Type: "BadEmailAddress" }, "bounced hard"],
  [{ RecordType: "Bounce", Type: "SoftBounce" }, "bounced soft"],
  [{ RecordType: "Bounce", Type: "DnsError" }, "bounced soft"],
  [{ RecordType: "Bounce", Type: "SpamNotification" }, "bounced soft"],
  [{ RecordType: "Bounce", Type: "Transient" }, "accepted"],
  [{ RecordType: "Bounce", Type: "AutoResponder" }, "ignored: Nothing follows from Bounce"],
  [{ RecordType: "Bounce", Type: "SpamComplaint" }, "complained"],
  [{ RecordType: "SpamComplaint", Type: "SpamComplaint" }, "complained"],
  [{ RecordType: "Bounce", Type: "Unsubscribe" }, "unsubscribed"],
  [
    {
      RecordType: "SubscriptionChange",
      SuppressSending: true,
      SuppressionReason: "ManualSuppression",
      Origin: "Recipient",
    },
    "unsubscribed",
  ],
  [
    { RecordType: "SubscriptionChange", SuppressSending: false, Origin: "Recipient" },
    "ignored: Nothing follows from SubscriptionChange",
  ],
  [{}, "ignored: Nothing follows from no type"],
])("Postmark: %j is %s", (fields, expected) => {
  expect(meaning(postmark(fields))).toBe(expected);
});

const ses = (event: object) => readSes(delivery({ Type: "Notification", Message: JSON.stringify(event) }));
const sesBounce = (bounceType: string, bounceSubType: string) => ({
  notificationType: "Bounce",
  bounce: { bounceType, bounceSubType },
});
test.each([
  [{ eventType: "Send" }, "accepted"],
  [{ eventType: "DeliveryDelay" }, "accepted"],
  [{ notificationType: "Delivery" }, "delivered"],
  [sesBounce("Permanent", "NoEmail"), "bounced hard"],
  [sesBounce("Permanent", "OnAccountSuppressionList"), "bounced hard"],
  [sesBounce("Permanent", "ContentRejected"), "bounced soft"],
  [sesBounce("Transient", "MailboxFull"), "bounced soft"],
  [sesBounce("Undetermined", "Undetermined"), "bounced soft"],
  [{ eventType: "Complaint", complaint: { complaintFeedbackType: "abuse" } }, "complained"],
  [
    { eventType: "Complaint", complaint: { complaintFeedbackType: "not-spam" } },
    "ignored: Nothing follows from Complaint",
  ],
  [{ eventType: "Reject", reject: { reason: "Bad content" } }, "bounced soft"],
  [{ eventType: "Open" }, "ignored: Nothing follows from Open"],
])("SES: %j is %s", (event, expected) => {
  expect(meaning(ses(event))).toBe(expected);
});

test("SES: the text that it sends to try a topic is nothing", () => {
  const text = "Successfully validated SNS topic for Amazon SES event publishing.";
  expect(meaning(readSes(delivery({ Type: "Notification", Message: text })))).toMatch(/^ignored: The notification/);
});

const sendgrid = (fields: object) => readSendgrid(delivery([{ sg_event_id: "e", ...fields }]));
const sgNothing = "ignored: Nothing follows from its events";
test.each([
  [{ event: "processed" }, "accepted"],
  [{ event: "deferred" }, "accepted"],
  [{ event: "delivered" }, "delivered"],
  [{ event: "bounce", status: "5.1.1" }, "bounced hard"],
  [{ event: "bounce", type: "bounce", bounce_classification: "Invalid Address" }, "bounced hard"],
  [{ event: "bounce", type: "bounce", bounce_classification: "Content" }, "bounced soft"],
  [{ event: "bounce", type: "bounce", bounce_classification: "Reputation", status: "5.7.1" }, "bounced soft"],
  [{ event: "bounce", type: "blocked", status: "5.7.1" }, "bounced soft"],
  [{ event: "dropped", reason: "Bounced Address" }, "bounced hard"],
  [{ event: "dropped", reason: "Spam Reporting Address" }, "complained"],
  [{ event: "dropped", reason: "Unsubscribed Address" }, "unsubscribed"],
  [{ event: "dropped", reason: "Recipient List over Package Quota" }, "bounced soft"],
  [{ event: "group_unsubscribe" }, "unsubscribed"],
  [{ event: "open" }, sgNothing],
  [{ event: "delivered", sg_event_id: undefined }, sgNothing],
])("SendGrid: %j is %s", (fields, expected) => {
  expect(meaning(sendgrid(fields))).toBe(expected);
});

describe("bodies of a wrong shape", () => {
  const readers = { resend: readResend, postmark: readPostmark, ses: readSes, sendgrid: readSendgrid };
  const shapes = [null, 1, "x", [], [null, 1, "x", [[]]], {}, { data: null }, { data: [], type: {} }, { Message: 5 }];
  test.each(Object.entries(readers))("%s ignores or refuses them, and never trips", (_, read) => {
    for (const shape of shapes) {
      try {
        expect(read(delivery(shape)).feedback).toEqual([]);
      } catch (error) {
        expect((error as Error).name).toBe("Unreadable");
      }
    }
    expect(() => read({ ...delivery(1), body: Buffer.from([0xff, 0x00]) })).toThrow("not JSON");
  });

  test("moments that are none count as the moment of receipt, and text is cleaned", () => {
    for (const created_at of ["yesterday", -5, 1e300, {}, null, "+275760-09-13T00:00:00.001Z"])
      expect(readResend(delivery({ type: "email.sent", created_at })).feedback[0]?.at).toEqual(receivedAt);
    const [told] = resend("email.bounced", { bounce: { message: `a\0b\ud800${"x".repeat(5_000)}` } }).feedback;
    expect(told?.detail).toHaveLength(1_000 - 1);
    expect(told?.detail).toMatch(/^ab\ufffdx/);
  });
});

describe("soft bounces", () => {
  const now = new Date("2026-11-22T00:00:00Z");
  const days = (n: number) => new Date(now.getTime() - n * 86_400_000);
  const bounce = (messageId: string, age: number) => ({ messageId, at: days(age) });

  test("of three messages within 30 days add up; of fewer, or of one told thrice, they do not", () => {
    expect(refusesForGood([bounce("a", 29), bounce("b", 9), bounce("c", 1)], null, now)).toBe(true);
    expect(refusesForGood([bounce("a", 31), bounce("b", 9), bounce("c", 1)], null, now)).toBe(false);
    expect(refusesForGood([bounce("a", 3), bounce("a", 2), bounce("a", 1)], null, now)).toBe(false);
    expect(refusesForGood([], null, now)).toBe(false);
  });

  test("begin anew after a mail that arrived", () => {
    const bounces = [bounce("a", 29), bounce("b", 9), bounce("c", 1)];
    expect(refusesForGood(bounces, days(10), now)).toBe(false);
    expect(refusesForGood(bounces, days(30), now)).toBe(true);
  });
});
