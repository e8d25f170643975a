// SPF, DKIM and DMARC of a sender's domain, asked of a real DNS server: what is found, what it means, what to publish.
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDns } from "../../services/email/dns/lookup.ts";
import { dnsReport } from "../../services/email/dns/report.ts";
import type { DnsCheck } from "../../shared/contracts/senders.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { type DnsServer, startDns, type Zone } from "../helpers/dns-server.ts";

let dns: DnsServer;
beforeAll(async () => {
  dns = await startDns();
});
afterAll(() => dns.stop());

type Settings = Parameters<typeof dnsReport>[2];
const smtp = (...hosts: string[]): Settings => ({
  emailProvider: "smtp",
  smtpUrls: hosts.map((host) => `smtps://user:secret@${host}:465`),
  bounceAddress: undefined,
});
const resend: Settings = { emailProvider: "resend", smtpUrls: [], bounceAddress: undefined };

const ask = async (
  zones: Readonly<Record<string, Zone>>,
  settings: Settings = smtp("mail.acme.org"),
  { from = "hello@acme.org", selector = null as string | null } = {},
) => {
  dns.set({ "mail.acme.org": { a: ["192.0.2.10"] }, ...zones });
  const question = { fromAddress: from, dkimSelector: selector };
  const report = await dnsReport(createDns([dns.address]), question, settings, systemClock);
  const [spf, dkim, dmarc] = report.checks as [DnsCheck, DnsCheck, DnsCheck];
  return { report, spf, dkim, dmarc };
};
const spfOf = async (text: string | readonly string[], more: Record<string, Zone> = {}, settings?: Settings) =>
  (await ask({ "acme.org": { txt: [text].flat() }, ...more }, settings)).spf;

const keys = new Map<number, string>();
const rsa = (bits: number): string => {
  const known = keys.get(bits);
  if (known) return known;
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  const made = `v=DKIM1; k=rsa; p=${publicKey.export({ format: "der", type: "spki" }).toString("base64")}`;
  keys.set(bits, made);
  return made;
};

test("a domain without records gets all three to publish", async () => {
  const { spf, dkim, dmarc, report } = await ask({ "acme.org": { a: ["192.0.2.1"] } });
  expect(spf).toMatchObject({
    status: "missing",
    found: [],
    expected: { host: "acme.org", type: "TXT", value: "v=spf1 ip4:192.0.2.10 ~all" },
  });
  expect(dkim).toMatchObject({
    status: "unknown",
    host: null,
    todo: expect.stringContaining("s1._domainkey.acme.org"),
  });
  expect(dmarc).toMatchObject({
    status: "missing",
    expected: { host: "_dmarc.acme.org", value: "v=DMARC1; p=none; rua=mailto:dmarc-reports@acme.org" },
  });
  expect(report.note).toBeNull();
});

test("no record is proposed that permits nobody", async () => {
  const { spf } = await ask({ "acme.org": {} }, { emailProvider: "sandbox", smtpUrls: [], bounceAddress: undefined });
  expect(spf).toMatchObject({ status: "missing", expected: null, todo: expect.stringContaining("your provider") });
});

test("SPF that names the server is fine, by address, network, a, mx, include or redirect", async () => {
  for (const text of [
    "v=spf1 ip4:192.0.2.10 ~all",
    "v=spf1 ip4:192.0.2.0/24 -all",
    "v=spf1 a:mail.acme.org -all",
    "v=spf1 mx -all",
    "v=spf1 -ip4:198.51.100.1 include:_spf.acme.org ~all",
    "v=spf1 redirect=_spf.acme.org",
    "V=SPF1 IP4:192.0.2.10 ~ALL",
  ]) {
    const { spf } = await ask({
      "acme.org": { txt: ["some other text", text], mx: ["mail.acme.org"] },
      "_spf.acme.org": { txt: ["v=spf1 ip4:192.0.2.8/29 ~all"] },
    });
    expect(spf, `${text}: ${spf.explanation}`).toMatchObject({ status: "ok", found: [text], expected: null });
  }
});

test("SPF that does not name the server is completed, not doubled", async () => {
  expect(
    await spfOf("v=spf1 include:_spf.google.com -all", { "_spf.google.com": { txt: ["v=spf1 ~all"] } }),
  ).toMatchObject({
    status: "error",
    expected: { value: "v=spf1 include:_spf.google.com ip4:192.0.2.10 -all" },
    todo: expect.stringContaining("Do not add a second one"),
  });
  expect(await spfOf("v=spf1 -ip4:192.0.2.10 ip4:192.0.2.0/24 -all")).toMatchObject({ status: "error" });
  expect(
    await spfOf("v=spf1 ip4:192.0.2.10 ~all", {}, smtp("mail.acme.org", "smtp.sendgrid.net", "smtp.mailgun.org")),
  ).toMatchObject({
    explanation: expect.stringContaining("SendGrid and Mailgun"),
    expected: { value: "v=spf1 ip4:192.0.2.10 include:sendgrid.net include:mailgun.org ~all" },
  });
});

test("several SPF records are an error, and one is made of them", async () => {
  expect(
    await spfOf(["v=spf1 ip4:192.0.2.10 -all", "v=spf1 include:other.org ~all"], {
      "other.org": { txt: ["v=spf1 ~all"] },
    }),
  ).toMatchObject({
    status: "error",
    found: ["v=spf1 ip4:192.0.2.10 -all", "v=spf1 include:other.org ~all"],
    expected: { value: "v=spf1 ip4:192.0.2.10 include:other.org ~all" },
  });
});

test("SPF that receivers cannot evaluate is an error: too many look-ups, loops, typing mistakes, dead includes", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => [`s${i}.org`, { txt: [`v=spf1 ip4:203.0.113.${i} ~all`] }]),
  );
  const tooMany = `v=spf1 ip4:192.0.2.10 ${Object.keys(many)
    .map((name) => `include:${name}`)
    .join(" ")} ~all`;
  expect(await spfOf(tooMany, many)).toMatchObject({
    status: "error",
    explanation: expect.stringContaining("11 DNS look-ups"),
  });
  // Ten are allowed.
  expect(await spfOf(tooMany.replace(" include:s10.org", ""), many)).toMatchObject({ status: "ok" });
  expect(
    await spfOf("v=spf1 include:loop.org ~all", { "loop.org": { txt: ["v=spf1 include:acme.org ~all"] } }),
  ).toMatchObject({ status: "error", explanation: expect.stringContaining("includes itself") });
  expect(await spfOf("v=spf1 ipv4:192.0.2.10 ~all")).toMatchObject({
    status: "error",
    explanation: expect.stringContaining('"ipv4:192.0.2.10"'),
  });
  expect(await spfOf("v=spf1 include:gone.org ~all")).toMatchObject({
    status: "error",
    explanation: expect.stringContaining("gone.org, which it includes, has no SPF record"),
  });
});

test("an SPF record that lets everybody in, or says nothing about others, is said to", async () => {
  expect(await spfOf("v=spf1 ip4:192.0.2.10 +all")).toMatchObject({
    status: "error",
    expected: { value: "v=spf1 ip4:192.0.2.10 ~all" },
  });
  expect(await spfOf("v=spf1 ip4:192.0.2.10 ?all")).toMatchObject({
    status: "warning",
    expected: { value: "v=spf1 ip4:192.0.2.10 ~all" },
  });
  expect(await spfOf("v=spf1 ip4:192.0.2.10")).toMatchObject({
    status: "warning",
    expected: { value: "v=spf1 ip4:192.0.2.10 ~all" },
  });
});

test("with a bounce address SPF is looked up at its domain, where receivers look", async () => {
  const bouncing = (bounceAddress: string): Settings => ({ ...smtp("mail.acme.org"), bounceAddress });
  const soundAt = (host: string) => ({ [host]: { txt: ["v=spf1 ip4:192.0.2.10 ~all"] } });
  const elsewhere = await ask(soundAt("acme.org"), bouncing("reports@bounce.acme.org"));
  expect(elsewhere.spf).toMatchObject({
    status: "missing",
    host: "bounce.acme.org",
    expected: { host: "bounce.acme.org", type: "TXT", value: "v=spf1 ip4:192.0.2.10 ~all" },
    explanation: expect.stringContaining("LC_BOUNCE_ADDRESS"),
  });
  const dmarc = { "_dmarc.acme.org": { txt: ["v=DMARC1; p=none"] } };
  const below = await ask({ ...soundAt("bounce.acme.org"), ...dmarc }, bouncing("reports@bounce.acme.org"));
  expect([below.spf.status, below.dmarc.explanation]).toEqual(["ok", expect.stringContaining("SPF")]);
  const foreign = await ask({ ...soundAt("acme.org"), ...soundAt("other.org") }, bouncing("reports@other.org"));
  expect(foreign.spf).toMatchObject({
    status: "warning",
    host: "other.org",
    todo: expect.stringContaining("acme.org"),
  });
  expect((await ask(soundAt("acme.org"), bouncing("reports@acme.org"))).spf).toMatchObject({ status: "ok" });
  // An API has a return path of its own.
  const api = await ask(soundAt("send.acme.org"), { ...resend, bounceAddress: "reports@other.org" });
  expect(api.spf.host).toBe("send.acme.org");
});

test("a vendor's SPF is looked up where he bounces to", async () => {
  const send = {
    "send.acme.org": { txt: ["v=spf1 include:amazonses.com ~all"] },
    "amazonses.com": { txt: ["v=spf1 ip4:199.255.192.0/22 -all"] },
  };
  const key = {
    "resend._domainkey.acme.org": { txt: [rsa(1024)] },
    "_dmarc.acme.org": { txt: ["v=DMARC1; p=reject; rua=mailto:x@acme.org"] },
  };
  const good = await ask({ ...send, ...key }, resend);
  expect(good.spf).toMatchObject({ status: "ok", host: "send.acme.org" });
  expect(good.dkim).toMatchObject({ status: "ok", host: "resend._domainkey.acme.org" });
  expect(good.dmarc).toMatchObject({ status: "ok", explanation: expect.stringContaining("passes by SPF and by DKIM") });
  // Strict alignment does not take a subdomain's word.
  const strict = await ask({ ...send, ...key, "_dmarc.acme.org": { txt: ["v=DMARC1; p=reject; aspf=s"] } }, resend);
  expect(strict.dmarc.explanation).toContain("passes by DKIM.");
  const bare = await ask({ "acme.org": {} }, resend);
  expect(bare.spf).toMatchObject({
    status: "missing",
    expected: { host: "send.acme.org", value: "v=spf1 include:amazonses.com ~all" },
  });
  expect(bare.dkim).toMatchObject({
    status: "missing",
    explanation: expect.stringContaining("resend._domainkey.acme.org"),
  });
  const postmark = await ask({ "acme.org": {} }, { emailProvider: "postmark", smtpUrls: [], bounceAddress: undefined });
  expect(postmark.spf).toMatchObject({
    status: "warning",
    expected: { host: "pm-bounces.acme.org", type: "CNAME", value: "pm.mtasv.net" },
  });
});

test("DKIM keys are found by the account's selectors, also behind a CNAME, and looked into", async () => {
  const at = async (text: string | undefined, more: Record<string, Zone> = {}, selector = "s1") =>
    (
      await ask(
        { "acme.org": {}, ...(text ? { "s1._domainkey.acme.org": { txt: [text] } } : {}), ...more },
        undefined,
        { selector },
      )
    ).dkim;
  expect(await at(rsa(2048))).toMatchObject({ status: "ok" });
  expect(await at(`k=ed25519; p=${Buffer.alloc(32, 7).toString("base64")}`)).toMatchObject({ status: "ok" });
  expect(
    await at(undefined, {
      "s1._domainkey.acme.org": { cname: "s1.acme.sendgrid.net" },
      "s1.acme.sendgrid.net": { txt: [rsa(1024)] },
    }),
  ).toMatchObject({ status: "ok" });
  expect(await at(undefined)).toMatchObject({ status: "missing" });
  expect(await at(rsa(2048), {}, "s1, s2")).toMatchObject({
    status: "warning",
    explanation: expect.stringContaining("s2._domainkey.acme.org"),
  });
  const faults: Record<string, string> = {
    "v=DKIM1; p=": "revoked",
    [rsa(512)]: "512 bits",
    [`${rsa(2048).slice(0, -40)}`]: "cannot be read",
    "v=DKIM1; k=rsa": "no key",
    [rsa(2048).replace("v=DKIM1", "v=DKIM2")]: "v=DKIM2",
    [`${rsa(2048)}; h=sha1`]: "sha256",
    [rsa(2048).replace("k=rsa", "k=dsa")]: "unknown type",
  };
  for (const [text, words] of Object.entries(faults))
    expect(await at(text), words).toMatchObject({ status: "error", explanation: expect.stringContaining(words) });
  expect(await at(`${rsa(2048)}; t=y`)).toMatchObject({
    status: "warning",
    explanation: expect.stringContaining("test mode"),
  });
});

test("the DMARC record that counts may stand at a domain above, with a policy for those below", async () => {
  const { dmarc } = await ask(
    {
      "news.acme.org": { txt: ["v=spf1 ip4:192.0.2.10 -all"] },
      "_dmarc.acme.org": { txt: ["v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@acme.org"] },
    },
    undefined,
    { from: "hello@news.acme.org" },
  );
  expect(dmarc).toMatchObject({ status: "ok", host: "_dmarc.acme.org" });
  expect(dmarc.explanation).toContain("that of acme.org counts");
  expect(dmarc.explanation).toContain("spam folder");
  expect(dmarc.explanation).toContain("passes by SPF");
});

test("DMARC records that nobody obeys, and mail that would not pass, are said to", async () => {
  const of = async (...txt: string[]) =>
    (await ask({ "acme.org": {}, "_dmarc.acme.org": { txt } }, undefined, { selector: "s1" })).dmarc;
  expect(await of("v=DMARC1; p=none", "v=DMARC1; p=reject")).toMatchObject({
    status: "error",
    explanation: expect.stringContaining("2 DMARC records"),
  });
  expect(await of("v=DMARC1; p=rejekt")).toMatchObject({
    status: "error",
    explanation: expect.stringContaining('"rejekt"'),
  });
  expect(await of("v=DMARC1; rua=mailto:a@acme.org")).toMatchObject({
    status: "error",
    explanation: expect.stringContaining("no policy"),
  });
  expect(await of("v=DMARC1; p=reject")).toMatchObject({
    status: "error",
    explanation: expect.stringContaining("does not pass"),
  });
  expect(await of("v=DMARC1; p=none")).toMatchObject({ status: "warning", todo: "Put SPF and DKIM right first." });
});

test("a DNS that fails is not taken for a missing record", async () => {
  const failing = await ask(
    {
      "acme.org": { fails: "servfail" },
      "s1._domainkey.acme.org": { fails: "refused" },
      "_dmarc.acme.org": { fails: "servfail" },
    },
    undefined,
    { selector: "s1" },
  );
  expect(failing.spf).toMatchObject({
    status: "unknown",
    explanation: expect.stringContaining("SERVFAIL"),
    expected: null,
  });
  expect(failing.dkim).toMatchObject({
    status: "unknown",
    explanation: expect.stringContaining("refused the question"),
  });
  expect(failing.dmarc).toMatchObject({ status: "unknown" });
  const half = await spfOf("v=spf1 include:dead.org ~all", { "dead.org": { fails: "servfail" } });
  expect(half).toMatchObject({ status: "unknown", explanation: expect.stringContaining("dead.org") });
  const silent = await ask({ "acme.org": { fails: "silent" } });
  expect(silent.spf).toMatchObject({
    status: "unknown",
    explanation: expect.stringContaining("did not answer in time"),
  });
});

test("a domain that is not one's own gets no record to publish, but a word about it", async () => {
  const gmail = await ask(
    { "gmail.com": { txt: ["v=spf1 redirect=_spf.google.com"] }, "_spf.google.com": { txt: ["v=spf1 ~all"] } },
    undefined,
    { from: "acme@gmail.com" },
  );
  expect(gmail.report.note).toContain("belongs to a mailbox service");
  expect(gmail.spf).toMatchObject({ status: "error", expected: null, todo: "Use an address of your own domain." });
  const sample = await ask(
    {},
    { emailProvider: "sandbox", smtpUrls: [], bounceAddress: undefined },
    { from: "hello@learning-center.example" },
  );
  expect(sample.report.note).toContain("belongs to nobody");
  expect(sample.report.checks.every(({ expected }) => expected === null)).toBe(true);
});
