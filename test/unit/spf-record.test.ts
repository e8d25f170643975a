// One SPF record taken apart and put together again; whatever stands in a TXT record breaks nothing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMailboxService, serviceOf } from "../../services/email/dns/known-services.ts";
import { isSpf, mergeSpf, parseSpf, withTerms } from "../../services/email/dns/spf-record.ts";

describe("an SPF record", () => {
  it("is told from other texts", () => {
    expect(["v=spf1", "v=spf1 -all", "V=SPF1 a"].every(isSpf)).toBe(true);
    expect(["v=spf10 -all", "v=spf1;-all", " v=spf1", "v=DKIM1; p=", "spf2.0/pra a"].some(isSpf)).toBe(false);
  });

  it("is taken apart into qualifiers, mechanisms, values and prefixes", () => {
    const record = parseSpf(
      "v=spf1 a/24 -mx:m.org//64 ~a:h.org/20//60 ip6:2001:db8::/32 ?exists:%{ir}.x.org redirect=_r.org exp=e.org x=y -all",
    );
    expect(record.wrong).toEqual([]);
    expect(record.redirect).toBe("_r.org");
    expect(record.terms.map((t) => [t.qualifier, t.mechanism, t.value, t.prefix.v4, t.prefix.v6])).toEqual([
      ["+", "a", "", 24, 128],
      ["-", "mx", "m.org", 32, 64],
      ["~", "a", "h.org", 20, 60],
      ["+", "ip6", "2001:db8::", 32, 32],
      ["?", "exists", "%{ir}.x.org", 32, 128],
      ["-", "all", "", 32, 128],
    ]);
  });

  it("names what is no term", () => {
    expect(parseSpf("v=spf1 ip4:300 include ip4:1.2.3.4/33 ipv4:1.2.3.4 ~al a:,b +all").wrong).toEqual([
      "ip4:300",
      "include",
      "ip4:1.2.3.4/33",
      "ipv4:1.2.3.4",
      "~al",
    ]);
  });

  it("is completed before its end, and several become one", () => {
    expect(withTerms("v=spf1 a -all", ["include:x.org"])).toBe("v=spf1 a include:x.org -all");
    expect(withTerms("v=spf1 redirect=y.org", ["include:x.org"])).toBe("v=spf1 include:x.org redirect=y.org");
    expect(withTerms("v=spf1", [])).toBe("v=spf1 ~all");
    expect(mergeSpf(["v=spf1 a mx -all", "v=spf1 mx include:x.org -all"])).toBe("v=spf1 a mx include:x.org -all");
    expect(mergeSpf(["v=spf1 a -all", "v=spf1 mx ~all"])).toBe("v=spf1 a mx ~all");
  });

  it("may be any text without breaking what reads it", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        parseSpf(`v=spf1 ${text}`);
        withTerms(`v=spf1 ${text}`, ["ip4:192.0.2.1"]);
        mergeSpf([text, `v=spf1 ${text}`]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("what is known about services", () => {
  it("goes by the server's name, not by a part of it", () => {
    expect(serviceOf("email-smtp.eu-central-1.amazonaws.com")?.name).toBe("Amazon SES");
    expect(serviceOf("SMTP.SendGrid.net")?.include).toBe("sendgrid.net");
    expect(serviceOf("sendgrid.net.evil.org")).toBeUndefined();
    expect(serviceOf("notsendgrid.net")).toBeUndefined();
    expect(isMailboxService("gmail.com")).toBe(true);
    expect(isMailboxService("me.example.org")).toBe(false);
  });
});
