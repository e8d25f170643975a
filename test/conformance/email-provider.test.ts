// One suite for every way of sending email, each against a local server that speaks its protocol. The rule behind it:
// a mail counts as not taken only when it certainly was not, and nothing is ever taken twice.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mailParts } from "../../services/email/mail-parts.ts";
import { layOutMail } from "../../services/email/mime.ts";
import { configuredProvider } from "../../services/email/providers/configured.ts";
import { createPostmarkProvider } from "../../services/email/providers/postmark.ts";
import type { EmailProvider, OutgoingMail, ProviderOutcome } from "../../services/email/providers/provider.ts";
import { createResendProvider } from "../../services/email/providers/resend.ts";
import { createSmtpProvider } from "../../services/email/providers/smtp.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { compileBulk } from "../../shared/messaging/footer.ts";
import { startPostmarkPeer, startResendPeer } from "../helpers/mail-api-peer.ts";
import { type Behaviour, type MailPeer, SECRET } from "../helpers/mail-peer.ts";
import { until } from "../helpers/processes.ts";
import { startSmtpPeer } from "../helpers/smtp-peer.ts";

interface Subject {
  readonly peers: number;
  readonly peer: () => Promise<MailPeer>;
  readonly provider: (urls: readonly string[], answerMs: number) => EmailProvider;
  /** The provider knows a mail again, so silence can be asked away. */
  readonly knowsAgain: boolean;
  /** Its refusal of a recipient says that the address is dead. */
  readonly tellsDead: boolean;
  /** Outcomes that it may have when the connection ends before the server has the mail. */
  readonly dropped: readonly ProviderOutcome["kind"][];
}

const unused = { url: "http://127.0.0.1:9", apiKey: undefined, token: undefined, bulkStream: "broadcast" };

const subjects: Readonly<Record<string, Subject>> = {
  smtp: {
    peers: 1,
    peer: startSmtpPeer,
    provider: ([url = ""], answerMs) =>
      createSmtpProvider({ name: "smtp", connections: 4, answerMs, url: async () => url }),
    knowsAgain: false,
    tellsDead: true,
    dropped: ["transient"],
  },
  "smtp with failover": {
    peers: 2,
    peer: startSmtpPeer,
    provider: (smtpUrls, answerMs) =>
      configuredProvider(
        { emailProvider: "smtp", smtpUrls, smtpConnections: 4, resend: unused, postmark: unused },
        { clock: systemClock, answerMs, sandboxUrl: () => Promise.reject(new Error("no sandbox here")) },
      ),
    knowsAgain: false,
    tellsDead: true,
    dropped: ["transient"],
  },
  resend: {
    peers: 1,
    peer: startResendPeer,
    provider: ([url = ""], answerMs) => createResendProvider({ apiKey: SECRET, url, clock: systemClock, answerMs }),
    knowsAgain: true,
    tellsDead: false,
    // Over HTTP nobody can tell how much of a small request a server has read.
    dropped: ["unknown"],
  },
  postmark: {
    peers: 1,
    peer: startPostmarkPeer,
    provider: ([url = ""], answerMs) =>
      createPostmarkProvider({ token: SECRET, url, bulkStream: "broadcast", answerMs }),
    knowsAgain: false,
    tellsDead: true,
    dropped: ["unknown"],
  },
};

const content = compileBulk({ subject: "Grüße, {{firstName}}", html: "<p>Hi {{firstName}} ✓</p>" });
const frame = { from: { name: 'Center, "Ltd."', address: "hello@center.example" }, replyTo: undefined, bulk: true };
const render = await layOutMail(frame, content);

const mailTo = (to: string, key = makeId()): OutgoingMail => {
  const unsubscribeUrl = `https://center.example/u/${key}`;
  const facts = { to, messageId: `<${key}@center.example>`, date: systemClock.now(), unsubscribeUrl };
  const values = { firstName: "Zoë", postalAddress: "1 Street", pixelUrl: "https://center.example/p", unsubscribeUrl };
  const link = (index: number) => `https://center.example/l/${index}`;
  return {
    envelope: { from: frame.from.address, to },
    key,
    deadline: Number.POSITIVE_INFINITY,
    raw: () => render(facts, values, link),
    parts: () => mailParts(frame, content, facts, values, link),
  };
};

describe.each(Object.entries(subjects))("%s", (_name, subject) => {
  let peers: MailPeer[];
  let provider: EmailProvider;
  const open: EmailProvider[] = [];
  const provide = (answerMs = 5_000) => {
    provider = subject.provider(
      peers.map(({ url }) => url),
      answerMs,
    );
    open.push(provider);
    return provider;
  };
  const all = (behaviour: Behaviour, times?: number) => {
    for (const peer of peers) peer.behave(behaviour, times);
  };
  const taken = () => peers.flatMap((peer) => peer.taken);

  beforeEach(async () => {
    peers = await Promise.all(Array.from({ length: subject.peers }, () => subject.peer()));
    provide();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await Promise.all(peers.map((peer) => peer.stop()));
  });

  test("hands a mail over as it is meant, once, with our id in it and the provider's id in the answer", async () => {
    const mail = mailTo("ada@example.org");
    expect(await provider.send(mail)).toMatchObject({ kind: "accepted", providerMessageId: expect.any(String) });
    expect(taken()).toEqual([
      {
        to: "ada@example.org",
        subject: "Grüße, Zoë",
        html: expect.stringContaining("<p>Hi Zoë ✓</p>"),
        listUnsubscribe: `<https://center.example/u/${mail.key}>`,
        key: mail.key,
      },
    ]);
  });

  test("hands many over at once, each once", async () => {
    const mails = Array.from({ length: 30 }, (_, i) => mailTo(`person${i}@example.org`));
    const outcomes = await Promise.all(mails.map((mail) => provider.send(mail)));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["accepted"]));
    expect(
      taken()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(mails.map(({ key }) => key).sort());
  });

  test("passes a refusal on word for word and condemns the address only when the provider does", async () => {
    all("reject");
    const outcome = await provider.send(mailTo("dead@example.org"));
    expect(outcome).toMatchObject({ kind: "rejected", suppress: subject.tellsDead });
    expect(outcome.detail).toMatch(/^(550 5\.1\.1|422 )/);
    expect(outcome.fault).toBeUndefined();
    // A refusal is an answer about the mail: nobody else is asked.
    expect(peers.reduce((sum, peer) => sum + peer.asked, 0)).toBe(1);
    expect(taken()).toEqual([]);
  });

  test("waits as long as a throttle says, and is not at fault", async () => {
    all("throttle");
    const outcome = await provider.send(mailTo("ada@example.org"));
    expect(outcome).toMatchObject({ kind: "throttled" });
    expect((outcome as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(500);
    expect((outcome as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(1_000);
    expect(outcome.fault).toBeUndefined();
    expect(taken()).toEqual([]);
  });

  test("takes a no that may pass as a reason to try later", async () => {
    all("fail");
    expect(await provider.send(mailTo("ada@example.org"))).toMatchObject({
      kind: expect.stringMatching(/transient|throttled/),
    });
    expect(taken()).toEqual([]);
  });

  test.each(["take-then-silence", "take-then-drop"] as const)(
    "after %s nobody knows, and nobody takes the mail a second time",
    async (behaviour) => {
      provide(600);
      all(behaviour);
      expect(await provider.send(mailTo("ada@example.org"))).toMatchObject({ kind: "unknown" });
      expect(taken()).toHaveLength(1);
    },
  );

  test.each(["take-then-silence", "take-then-drop"] as const)(
    "after one %s the mail is asked for again only where it is known again",
    async (behaviour) => {
      provide(900);
      all(behaviour, 1);
      expect(await provider.send(mailTo("ada@example.org"))).toMatchObject({
        kind: subject.knowsAgain ? "accepted" : "unknown",
      });
      expect(taken()).toHaveLength(1);
    },
  );

  test("says the truth about a mail whose connection ended before the server had it", async () => {
    all("drop");
    expect(subject.dropped).toContain((await provider.send(mailTo("ada@example.org"))).kind);
    expect(taken()).toEqual([]);
  });

  test("blames neither mail nor address for wrong credentials, and sends once they are right", async () => {
    for (const peer of peers) peer.believe(false);
    expect(await provider.send(mailTo("ada@example.org"))).toMatchObject({ kind: "throttled", fault: true });
    for (const peer of peers) peer.believe(true);
    await until("the provider is asked again", async () => {
      const { kind } = await provider.send(mailTo("ada@example.org"));
      return kind === "accepted";
    });
    expect(taken()).toHaveLength(1);
  });

  test("waits for a provider that cannot be reached", async () => {
    await Promise.all(peers.map((peer) => peer.stop()));
    expect(await provider.send(mailTo("ada@example.org"))).toMatchObject({ kind: "throttled", fault: true });
  });
});

describe("failover between two SMTP servers", () => {
  let first: MailPeer;
  let second: MailPeer;
  let provider: EmailProvider;

  beforeEach(async () => {
    [first, second] = await Promise.all([startSmtpPeer(), startSmtpPeer()]);
    provider = (subjects["smtp with failover"] as Subject).provider([first.url, second.url], 800);
  });
  afterEach(async () => {
    await provider.close();
    await Promise.all([first.stop(), second.stop()]);
  });

  test.each(["fail", "throttle", "drop"] as const)("after %s the next one takes the mail, and is named", async (no) => {
    first.behave(no);
    const outcome = await provider.send(mailTo("ada@example.org"));
    expect(outcome).toMatchObject({ kind: "accepted", provider: `smtp:${new URL(second.url).host}` });
    expect([first.taken.length, second.taken.length]).toEqual([0, 1]);
  });

  test("a server that is gone or refuses us is passed by", async () => {
    first.believe(false);
    expect((await provider.send(mailTo("ada@example.org"))).kind).toBe("accepted");
    await first.stop();
    expect((await provider.send(mailTo("bob@example.org"))).kind).toBe("accepted");
    expect(second.taken).toHaveLength(2);
  });

  test.each(["take-then-silence", "take-then-drop"] as const)(
    "after %s the mail is unknown and never goes to the next",
    async (behaviour) => {
      first.behave(behaviour);
      expect(await provider.send(mailTo("ada@example.org"))).toMatchObject({
        kind: "unknown",
        provider: `smtp:${new URL(first.url).host}`,
      });
      expect([first.taken.length, second.asked]).toEqual([1, 0]);
    },
  );
});
