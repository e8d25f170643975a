// Callbacks of email providers as they write and sign them, with keys made for the run: genuine, or by somebody else.
// Shapes follow the vendors' documentation; fields that nobody reads are left out.
import { execFileSync } from "node:child_process";
import { createHash, createHmac, createSign, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HookSettings } from "../../gateway/settings.ts";

export type Kind = "delivered" | "hard" | "soft" | "complained" | "opened";

/** A message as the provider knows it. */
export interface Told {
  readonly kind: Kind;
  readonly address: string;
  /** Null: the provider lost it, and only its own id is left. */
  readonly messageId: string | null;
  readonly providerMessageId: string;
  readonly at: Date;
}

export interface Callback {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SignOptions {
  /** When it was signed; now when absent. */
  readonly at?: Date;
  /** Signed by somebody who has not got the provider's key. */
  readonly forged?: boolean;
  /** The id of the delivery or event; a new one when absent. */
  readonly id?: string;
}

export interface CallbackSender {
  readonly path: string;
  make(told: Told, options?: SignOptions): Callback;
  /** Too old to be believed; undefined where nothing says how old it is. */
  readonly stale: Date | undefined;
}

const json = (value: unknown) => JSON.stringify(value);
const ago = (ms: number) => new Date(Date.now() - ms);
const day = 86_400_000;
const said550 = "550 5.1.1 The email account that you tried to reach does not exist";
const said452 = "452 4.2.2 The mailbox is full";

const resendSecret = `whsec_${Buffer.from("a secret of 32 bytes for resend!").toString("base64")}`;
const resend: CallbackSender = {
  path: "/hooks/email/resend",
  stale: ago(10 * 60_000),
  make(
    { kind, address, messageId, providerMessageId, at },
    { at: signedAt = new Date(), forged, id = randomUUID() } = {},
  ) {
    const types = {
      delivered: "email.delivered",
      hard: "email.bounced",
      soft: "email.bounced",
      complained: "email.complained",
      opened: "email.opened",
    };
    const bounce = {
      hard: { type: "Permanent", subType: "General", message: said550, diagnosticCode: [said550] },
      soft: { type: "Transient", subType: "MailboxFull", message: said452 },
    };
    const body = json({
      type: types[kind],
      created_at: at.toISOString(),
      data: {
        email_id: providerMessageId,
        to: [address],
        ...(messageId ? { tags: { lc_message: messageId } } : {}),
        ...(kind === "hard" || kind === "soft" ? { bounce: bounce[kind] } : {}),
      },
    });
    const timestamp = String(Math.floor(signedAt.getTime() / 1000));
    const key = forged ? Buffer.from("another secret of somebody else.") : Buffer.from(resendSecret.slice(6), "base64");
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    // While a secret is rotated there are two signatures; one that fits is enough.
    const signatures = `v1,${Buffer.alloc(32).toString("base64")} v1,${signature}`;
    return { headers: { "svix-id": id, "svix-timestamp": timestamp, "svix-signature": signatures }, body };
  },
};

const postmarkLogin = "postmark:a long password of the test";
const postmark: CallbackSender = {
  path: "/hooks/email/postmark",
  stale: undefined,
  make({ kind, address, messageId, providerMessageId, at }, { forged, id = "692560173" } = {}) {
    const base = { MessageID: providerMessageId, Metadata: messageId ? { "lc-message": messageId } : {} };
    const bounce = (Type: string, Details: string) => ({
      ...base,
      RecordType: "Bounce",
      ID: id,
      Type,
      Details,
      Email: address,
      BouncedAt: at.toISOString(),
    });
    const bodies = {
      delivered: {
        ...base,
        RecordType: "Delivery",
        Recipient: address,
        DeliveredAt: at.toISOString(),
        Details: "250 ok",
      },
      hard: bounce("HardBounce", said550),
      soft: bounce("SoftBounce", said452),
      complained: { ...bounce("SpamComplaint", "spam"), RecordType: "SpamComplaint" },
      opened: { ...base, RecordType: "Open", Recipient: address, ReceivedAt: at.toISOString() },
    };
    const login = forged ? "postmark:a guess" : postmarkLogin;
    const authorization = `Basic ${Buffer.from(login).toString("base64")}`;
    return { headers: { authorization }, body: json(bodies[kind]) };
  },
};

const p256 = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const sendgridKeys = p256();
const strangerKeys = p256();
const sendgrid: CallbackSender = {
  path: "/hooks/email/sendgrid",
  stale: ago(2 * day),
  make(
    { kind, address, messageId, providerMessageId, at },
    { at: signedAt = new Date(), forged, id = randomUUID() } = {},
  ) {
    const events = {
      delivered: { event: "delivered", response: "250 ok" },
      hard: {
        event: "bounce",
        type: "bounce",
        status: "5.1.1",
        reason: said550,
        bounce_classification: "Invalid Address",
      },
      soft: { event: "bounce", type: "blocked", status: "4.2.2", reason: said452 },
      complained: { event: "spamreport" },
      opened: { event: "open" },
    };
    const body = json([
      {
        email: address,
        timestamp: Math.floor(at.getTime() / 1000),
        sg_event_id: id,
        sg_message_id: `${providerMessageId}.recvd-7f8-6d4-1-5F.0`,
        ...(messageId ? { "smtp-id": `<${messageId}@learning-center.example>` } : {}),
        ...events[kind],
      },
      // A batch is about anybody, also about mail that is not ours.
      { email: "x@example.org", timestamp: 1, sg_event_id: randomUUID(), event: "delivered", "smtp-id": "<a@b>" },
    ]);
    const timestamp = String(Math.floor(signedAt.getTime() / 1000));
    const key = forged ? strangerKeys.privateKey : sendgridKeys.privateKey;
    const signature = sign("sha256", Buffer.from(timestamp + body), key).toString("base64");
    return {
      headers: {
        "x-twilio-email-event-webhook-signature": signature,
        "x-twilio-email-event-webhook-timestamp": timestamp,
      },
      body,
    };
  },
};

/** A certificate of one's own, as Amazon's hosts would serve it. */
const makeCertificate = (): { pem: string; key: string } => {
  const folder = mkdtempSync(join(tmpdir(), "lc-sns-"));
  try {
    const [keyFile, file] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sns.amazonaws.com"];
    execFileSync("openssl", [...request, "-keyout", keyFile, "-out", file], { stdio: "pipe" });
    return { pem: readFileSync(file, "utf8"), key: readFileSync(keyFile, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const topic = "arn:aws:sns:eu-west-1:123456789012:ses-events";
const snsHost = "https://sns.eu-west-1.amazonaws.com";
const certificateUrl = `${snsHost}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`;
const amazon = makeCertificate();
const strangerRsa: KeyObject = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

/** An SNS envelope with these fields over the usual ones, signed; `version` 1 is SHA-1, 2 is SHA-256. */
export const snsEnvelope = (
  fields: Readonly<Record<string, string>>,
  { at = new Date(), forged, id = randomUUID() }: SignOptions = {},
  version: "1" | "2" = "2",
): Callback => {
  const envelope: Record<string, string> = {
    Type: "Notification",
    MessageId: id,
    TopicArn: topic,
    Timestamp: at.toISOString(),
    SignatureVersion: version,
    SigningCertURL: certificateUrl,
    ...fields,
  };
  const names =
    envelope.Type === "Notification"
      ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
      : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const signed = names
    .filter((name) => name in envelope)
    .map((name) => `${name}\n${envelope[name]}\n`)
    .join("");
  const signer = createSign(version === "1" ? "sha1" : "sha256").update(signed);
  const Signature = signer.sign(forged ? strangerRsa : amazon.key, "base64");
  return { headers: { "content-type": "text/plain; charset=UTF-8" }, body: json({ ...envelope, Signature }) };
};

export const subscribeUrl = `${snsHost}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=abc`;
const ses: CallbackSender = {
  path: "/hooks/email/ses",
  stale: ago(2 * day),
  make({ kind, address, messageId, providerMessageId, at }, options) {
    const timestamp = at.toISOString();
    const bounce = (bounceType: string, bounceSubType: string, diagnosticCode: string) => ({
      eventType: "Bounce",
      bounce: { bounceType, bounceSubType, timestamp, bouncedRecipients: [{ emailAddress: address, diagnosticCode }] },
    });
    const events = {
      delivered: { eventType: "Delivery", delivery: { timestamp, smtpResponse: "250 ok", recipients: [address] } },
      hard: bounce("Permanent", "General", `smtp; ${said550}`),
      soft: bounce("Transient", "MailboxFull", `smtp; ${said452}`),
      complained: { eventType: "Complaint", complaint: { timestamp, complaintFeedbackType: "abuse" } },
      opened: { eventType: "Open", open: { timestamp } },
    };
    const headers = messageId ? [{ name: "Message-ID", value: `<${messageId}@learning-center.example>` }] : [];
    const mail = { messageId: providerMessageId, timestamp, destination: [address], headers };
    return snsEnvelope({ Message: json({ ...events[kind], mail }) }, options);
  },
};

export const callbackSenders: Readonly<Record<"resend" | "postmark" | "ses" | "sendgrid", CallbackSender>> = {
  resend,
  postmark,
  ses,
  sendgrid,
};

/** What the gateway checks these with. */
export const hookSettings: HookSettings = {
  resendSecrets: [`whsec_${createHash("sha256").update("the secret before").digest("base64")}`, resendSecret],
  postmarkLogins: [postmarkLogin],
  ses: {
    topics: [topic],
    fetchCertificate: async (url) => {
      if (url !== certificateUrl) throw new Error(`there is no certificate at ${url}`);
      return amazon.pem;
    },
  },
  sendgridKeys: [sendgridKeys.publicKey.export({ format: "der", type: "spki" }).toString("base64")],
  door: { wrongPerMinute: 20, atOnce: 12 },
};
