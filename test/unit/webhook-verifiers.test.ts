// What each provider's callback must prove, header by header: only what is whole, fresh and signed by the right key passes.
import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { postmarkVerifier } from "../../gateway/hooks/postmark.ts";
import { resendVerifier } from "../../gateway/hooks/resend.ts";
import { sendgridVerifier } from "../../gateway/hooks/sendgrid.ts";
import { sesVerifier } from "../../gateway/hooks/ses.ts";
import { type HookVerifier, Refusal } from "../../gateway/hooks/verifier.ts";
import { makeId } from "../../shared/lib/ids.ts";
import {
  type Callback,
  callbackSenders,
  hookSettings,
  type SignOptions,
  topic,
} from "../helpers/provider-callbacks.ts";

const verifiers = {
  resend: resendVerifier(hookSettings.resendSecrets),
  postmark: postmarkVerifier(hookSettings.postmarkLogins),
  ses: sesVerifier(hookSettings.ses),
  sendgrid: sendgridVerifier(hookSettings.sendgridKeys),
} satisfies Record<string, HookVerifier>;
type Provider = keyof typeof verifiers;
const providers = Object.keys(verifiers) as Provider[];

const minute = 60_000;
const day = 24 * 60 * minute;
const make = (provider: Provider, options?: SignOptions): Callback =>
  callbackSenders[provider].make(
    { kind: "hard", address: "a@example.com", messageId: makeId(), providerMessageId: "p1", at: new Date() },
    options,
  );
const verify = async (
  provider: Provider,
  { headers, body }: { headers: IncomingHttpHeaders; body: string | Buffer },
) => {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return verifiers[provider].verify({ headers: lower, body: Buffer.from(body), now: new Date() });
};
const refused = (provider: Provider, callback: Parameters<typeof verify>[1]) =>
  expect(verify(provider, callback)).rejects.toBeInstanceOf(Refusal);

describe.each(providers)("a callback of %s", (provider) => {
  test("passes as it was signed, and is known again", async () => {
    const callback = make(provider);
    const first = await verify(provider, callback);
    expect(first.deliveryId).toMatch(/\S/);
    expect((await verify(provider, callback)).deliveryId).toBe(first.deliveryId);
    // What is kept beside the body opens nothing.
    expect(JSON.stringify(first.headers)).not.toMatch(/signature|authorization/i);
  });

  test("is refused when any header that proves it is missing, empty, doubled or far too long", async () => {
    const { headers, body } = make(provider);
    for (const name of Object.keys(headers).filter((one) => one.toLowerCase() !== "content-type"))
      for (const value of [undefined, "", [String(headers[name]), "x"], "x".repeat(5_000)])
        await refused(provider, { headers: { ...headers, [name]: value }, body });
  });

  test("is refused when a byte of it changed, also one that JSON does not mind", async () => {
    // Postmark signs nothing: its login is all there is.
    if (provider === "postmark") return;
    const { headers, body } = make(provider);
    const changes =
      provider === "ses" ? [body.replace("a@example.com", "b@example.com")] : [`${body} `, body.slice(0, -1)];
    for (const changed of changes) await refused(provider, { headers, body: changed });
    await refused(provider, { headers, body: "" });
  });

  test("is refused with another's key", () => refused(provider, make(provider, { forged: true })));

  test("is refused when it is too old, or from a future that no clock explains", async () => {
    const { stale } = callbackSenders[provider];
    if (!stale) return;
    await refused(provider, make(provider, { at: stale }));
    await refused(provider, make(provider, { at: new Date(Date.now() + 6 * minute) }));
    await verify(provider, make(provider, { at: new Date(Date.now() + 4 * minute) }));
    const late = provider === "resend" ? 4 * minute : day - minute;
    await verify(provider, make(provider, { at: new Date(Date.now() - late) }));
  });
});

test("times that are no times are refused", async () => {
  for (const at of ["", "now", "1e9", "-1", "99999999999999", "0x5f", "1700000000.5"]) {
    const resend = make("resend");
    await refused("resend", {
      ...resend,
      headers: { ...resend.headers, "svix-timestamp": at, "webhook-timestamp": at },
    });
    const sendgrid = make("sendgrid");
    const name = "x-twilio-email-event-webhook-timestamp";
    await refused("sendgrid", { ...sendgrid, headers: { ...sendgrid.headers, [name]: at } });
  }
});

test("signatures in other forms are refused: of another version, cut, empty, or of nothing", async () => {
  const { headers, body } = make("resend");
  const name = Object.keys(headers).find((one) => one.endsWith("-signature")) ?? "";
  const good = String(headers[name]);
  for (const value of [
    good.replaceAll("v1,", "v2,"),
    good.replaceAll("v1,", "v1a,"),
    good
      .split(" ")
      .map((one) => one.slice(0, -4))
      .join(" "),
    "v1,",
    "v1,AAAA",
    ",",
  ])
    await refused("resend", { headers: { ...headers, [name]: value }, body });
  await verify("resend", { headers: { ...headers, [name]: `v1,AAAA v2,x ${good}` }, body });
});

test("logins in other forms are refused", async () => {
  const { body } = make("postmark");
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  const [login = ""] = hookSettings.postmarkLogins;
  for (const authorization of [
    ...[basic(`${login}x`), basic(login.slice(0, -1)), basic(login.toUpperCase()), basic(""), basic(":")],
    ...["Basic", "Basic ", `Bearer ${login}`, login, `Basic ${login}`],
  ])
    await refused("postmark", { headers: { authorization }, body });
});

test("SNS: nothing of the envelope may be exchanged, and of the topics only listed ones count", async () => {
  const { headers, body } = make("ses");
  const envelope = JSON.parse(body) as Record<string, string>;
  const changes: Record<string, unknown>[] = [
    ...["Message", "MessageId", "Timestamp", "TopicArn", "Type", "Signature", "SignatureVersion", "SigningCertURL"].map(
      (name) => ({ [name]: undefined }),
    ),
    ...[{ TopicArn: `${topic}x` }, { TopicArn: [topic] }, { SignatureVersion: "3" }, { SignatureVersion: 2 }],
    ...[{ Type: "__proto__" }, { Type: "constructor" }, { Subject: "added" }, { MessageId: "other" }],
  ];
  for (const change of changes) await refused("ses", { headers, body: JSON.stringify({ ...envelope, ...change }) });
  for (const text of ["null", "[]", "1", '"x"', "{"]) await refused("ses", { headers, body: text });
});

test("SNS: made-up addresses of certificates neither push out the one in use nor ask Amazon in crowds", async () => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const { fetchCertificate } = hookSettings.ses;
  const verifier = sesVerifier({
    ...hookSettings.ses,
    fetchCertificate: async (url) => {
      asked.push(url);
      if (/-f{8}/.test(url)) await new Promise<void>((resolve) => waiting.push(resolve));
      return fetchCertificate(url);
    },
  });
  const { headers, body } = make("ses");
  const send = async (text: string) => verifier.verify({ headers, body: Buffer.from(text), now: new Date() });
  await send(body);
  const url = JSON.parse(body).SigningCertURL as string;
  const madeUp = (n: number) =>
    send(body.replace(url, url.replace(/-[0-9a-f]+\.pem/, `-ffffffff${n.toString(16).padStart(8, "0")}.pem`)));
  const crowd = Array.from({ length: 30 }, (_, n) => madeUp(n).catch((error: Error) => error));
  await expect.poll(() => asked.length).toBe(5);
  for (const go of waiting) go();
  for (const refusal of await Promise.all(crowd)) expect(refusal).toBeInstanceOf(Error);
  await send(body);
  expect(asked).toHaveLength(5);
});

test("a verification key that is none is a boot error that names its variable", () => {
  for (const key of ["", "AAAA", Buffer.from("no key").toString("base64")])
    expect(() => sendgridVerifier([key])).toThrow(/LC_SENDGRID_WEBHOOK_KEY/);
});
