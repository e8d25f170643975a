// One spelling for each email address, phone number and time zone.
import { expect, test } from "vitest";
import { normaliseEmail } from "../../shared/lib/email-address.ts";
import { normalisePhone } from "../../shared/lib/phone.ts";
import { normaliseTimezone } from "../../shared/lib/timezone.ts";

test.each([
  [" Ada@Example.COM ", "ada@example.com"],
  ["ada@bücher.de", "ada@xn--bcher-kva.de"],
  ["first.last+tag@sub.example.co.uk", "first.last+tag@sub.example.co.uk"],
  ["o'brien@example.com", "o'brien@example.com"],
  ["jürgen@example.com", "jürgen@example.com"],
  ["ju\u0308rgen@bu\u0308cher.de", "jürgen@xn--bcher-kva.de"],
  ["\u200bada@example.com\u200b\u00a0", "ada@example.com"],
  ["ada@example\u3002com", "ada@example.com"],
])("%s becomes %s", (given, expected) => {
  expect(normaliseEmail(given)).toEqual({ email: expected });
});

test.each([
  "",
  "ada",
  "@example.com",
  "ada@",
  "ada@example",
  "a b@example.com",
  "ada@exa mple.com",
  "ada@@example.com",
  ".a@example.com",
  "a..b@example.com",
  "ada@-x.com",
  "ada@1.2.3.4",
  "ada@example.com,bob@example.com",
  "Ada <ada@example.com>",
  `${"x".repeat(65)}@example.com`,
  `a@${"x".repeat(250)}.com`,
  "a\0@example.com",
  "a\nb@example.com",
  `a${" ".repeat(300_000)}b@example.com`,
  "ada@example.com/work",
  "ada@example.com?subject=Hello",
  "ada@example.com#1",
  "ada@ex%61mple.com",
  "ada@exa\tmple.com",
  "ada@exa\nmple.com",
])("%j is no email address, and the message says what was found and expected", (given) => {
  expect(normaliseEmail(given)).toEqual({ problem: expect.stringMatching(/found .*expected an email address/) });
});

test.each([
  ["(415) 555-0132", undefined, "+14155550132"],
  ["+49 30 1234567", undefined, "+49301234567"],
  ["030 1234567", "de", "+49301234567"],
  ["\u202a+1 415 555 0132\u202c", undefined, "+14155550132"],
  ["＋４９ ３０ １２３４５６７", undefined, "+49301234567"],
])("%s (country %s) becomes %s", (given, country, expected) => {
  expect(normalisePhone(given, country)).toEqual({ phone: expected });
});

test.each([["12"], ["call me"], ["+1 415 555 0132 ext. 5"], ["+999 123"], ["4".repeat(100)], [""]])(
  "%j is no phone number",
  (given) => {
    expect(normalisePhone(given)).toEqual({ problem: expect.stringContaining("expected a phone number") });
  },
);

test("an unknown country is a problem, not an error", () => {
  expect(normalisePhone("030 1234567", "zz")).toEqual({ problem: expect.stringContaining("two-letter code") });
});

test("time zones are known by their IANA names only", () => {
  expect(["america/new_york", " UTC ", "Mars/Base", "+02:00", ""].map(normaliseTimezone)).toEqual([
    "America/New_York",
    "UTC",
    undefined,
    undefined,
    undefined,
  ]);
});
