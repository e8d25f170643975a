// The mail on the wire: laid out once, filled per person, and what comes out parses to what was meant.
import fc from "fast-check";
import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { layOutMail } from "../../services/email/mime.ts";
import { smtpOutcome } from "../../services/email/providers/smtp-answer.ts";
import { normaliseEmail } from "../../shared/lib/email-address.ts";
import { compileBulk } from "../../shared/messaging/footer.ts";

const facts = {
  to: "ada@example.org",
  messageId: "<1@example.org>",
  date: new Date("2026-11-22T10:00:00Z"),
  unsubscribeUrl: "https://u.example/1",
};
const frame = { from: { name: 'Müller, "AG"', address: "a@b.example" }, replyTo: "r@b.example", bulk: true };
const link = (index: number) => `https://l.example/${index}`;

test("headers, bodies and non-ASCII text survive the way", async () => {
  const render = await layOutMail(
    frame,
    compileBulk({
      subject: "Grüße, {{firstName}} ✓",
      html: `<p>${"Ünïcödé ".repeat(40)}{{firstName}}.</p><p>.dot</p>`,
    }),
  );
  const mail = await simpleParser(
    render(
      facts,
      { firstName: "Zoë 🙂", postalAddress: "x", pixelUrl: "p", unsubscribeUrl: facts.unsubscribeUrl },
      link,
    ),
  );
  expect(mail.subject).toBe("Grüße, Zoë 🙂 ✓");
  expect(mail.from?.value[0]).toEqual({ name: 'Müller, "AG"', address: "a@b.example" });
  expect(mail.messageId).toBe("<1@example.org>");
  expect(mail.date).toEqual(facts.date);
  expect(mail.html).toContain("Ünïcödé Zoë 🙂.</p><p>.dot</p>");
  expect(mail.text).toContain("Zoë 🙂.");
  const line = mail.headerLines.find(({ key }) => key === "list-unsubscribe-post")?.line;
  expect(line).toBe("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
});

test("a value can add no header and no line longer than SMTP takes", async () => {
  const render = await layOutMail(frame, compileBulk({ subject: "{{firstName}}", html: "<p>{{firstName}}</p>" }));
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 300, unit: "binary" }), async (value) => {
      const raw = render(facts, { firstName: `x\r\nBcc: evil@example.org\r\n\r\n${value}` }, link);
      expect(
        Math.max(
          ...raw
            .toString("latin1")
            .split("\r\n")
            .map((line) => line.length),
        ),
      ).toBeLessThan(998);
      expect(raw.every((byte) => byte < 128)).toBe(true);
      const mail = await simpleParser(raw);
      expect(mail.bcc).toBeUndefined();
      expect(mail.messageId).toBe("<1@example.org>");
    }),
    { numRuns: 60 },
  );
});

test("a mail with a key to an account says so in a header, and no other does", async () => {
  const content = compileBulk({ subject: "x", html: "<p>x</p>" });
  const headers = async (more: object) => {
    const render = await layOutMail({ ...frame, ...more }, content);
    return (await simpleParser(render(facts, { firstName: "x" }, link))).headers;
  };
  expect((await headers({ confidential: true })).get("x-lc-confidential")).toBe("account");
  expect((await headers({})).has("x-lc-confidential")).toBe(false);
});

test("an address outside ASCII stays one header in UTF-8, whatever its letters' low bytes are", async () => {
  const render = await layOutMail(frame, compileBulk({ subject: "x", html: "<p>x</p>" }));
  // č, ऊ, ĺ and ؠ end in the bytes of CR, LF, colon and space.
  const result = normaliseEmail("jčऊbccĺؠevil@example.org");
  const to = "email" in result ? result.email : "";
  const raw = render({ ...facts, to }, { firstName: "x" }, link);
  expect(raw.toString("utf8")).toContain(`\r\nTo: ${to}\r\n`);
  expect((await simpleParser(raw)).bcc).toBeUndefined();
});

test.each([
  [{ responseCode: 421, response: "421 4.7.0 slow down", command: "DATA" }, false, { kind: "throttled" }],
  [{ responseCode: 454, response: "454 4.7.1 throttled", command: "RCPT TO" }, false, { kind: "throttled" }],
  [
    { responseCode: 454, response: "454 4.7.1 <a@example.org>: Relay access denied", command: "RCPT TO" },
    false,
    { kind: "transient" },
  ],
  [{ responseCode: 451, response: "451 4.3.0 try later", command: "DATA" }, true, { kind: "transient" }],
  [
    { responseCode: 550, response: "550 5.1.1 no such user", command: "RCPT TO" },
    false,
    { kind: "rejected", suppress: true },
  ],
  [
    { responseCode: 550, response: "550 5.7.1 blocked for policy", command: "RCPT TO" },
    false,
    { kind: "rejected", suppress: false },
  ],
  [
    { responseCode: 554, response: "554 5.6.0 content refused", command: "DATA" },
    true,
    { kind: "rejected", suppress: false },
  ],
  // What a server says about us or the mail condemns nobody's address.
  [
    { responseCode: 530, response: "530 5.7.0 Must issue a STARTTLS command first", command: "MAIL FROM" },
    false,
    { kind: "throttled", fault: true },
  ],
  [
    { responseCode: 538, response: "538 5.7.11 Encryption required", command: "MAIL FROM" },
    false,
    { kind: "throttled", fault: true },
  ],
  [
    { responseCode: 530, response: "530 5.7.1 Authentication required to relay", command: "RCPT TO" },
    false,
    { kind: "rejected", suppress: false },
  ],
  [
    { responseCode: 550, response: "550 5.1.0 <us@example.org>: Sender address rejected", command: "MAIL FROM" },
    false,
    { kind: "rejected", suppress: false },
  ],
  [
    {
      responseCode: 550,
      response: "550 5.1.8 <us@example.org>: Sender address rejected: Domain not found",
      command: "RCPT TO",
    },
    false,
    { kind: "rejected", suppress: false },
  ],
  [
    {
      responseCode: 550,
      response: "550 5.1.0 <us@example.org>: Sender address rejected: User unknown in local recipient table",
      command: "RCPT TO",
    },
    false,
    { kind: "rejected", suppress: false },
  ],
  [
    { responseCode: 550, response: "550 relay not permitted", command: "RCPT TO" },
    false,
    { kind: "rejected", suppress: false },
  ],
  [
    { responseCode: 550, response: "550 blocked by Spamhaus, see https://example.org", command: "RCPT TO" },
    false,
    { kind: "rejected", suppress: false },
  ],
  [
    { responseCode: 550, response: "550 <sender.relay@blocked.example>: user unknown", command: "RCPT TO" },
    false,
    { kind: "rejected", suppress: true },
  ],
  [
    {
      responseCode: 550,
      response: "550 5.1.1 The email account that you tried to reach does not exist",
      command: "DATA",
    },
    true,
    { kind: "rejected", suppress: true },
  ],
  [
    { code: "EMESSAGE", message: "Message size larger than allowed 1000", command: "MAIL FROM" },
    false,
    { kind: "rejected", suppress: false },
  ],
  [{ code: "EENVELOPE", message: "Invalid recipient", command: "API" }, false, { kind: "rejected", suppress: false }],
  [{ code: "ETIMEDOUT", message: "Timeout" }, true, { kind: "unknown" }],
  [{ code: "ECONNECTION", message: "closed" }, false, { kind: "transient" }],
])("the answer %j, body begun %s, means %j", (error, begun, outcome) => {
  expect(smtpOutcome(error, begun)).toMatchObject(outcome);
});
