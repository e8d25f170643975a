// The environment variables of what comes back: callbacks of providers and report mails.
import { listOf, urlWith } from "./variable-checks.ts";
import type { Variable } from "./variables.ts";

/** A bounce address: with `+` and a token of 45 characters its local part must stay within 64. */
const bounceAddress = (value: string) =>
  /^[a-z0-9._-]{1,18}@([a-z0-9-]+\.)+[a-z0-9-]{2,63}$/i.test(value)
    ? undefined
    : "an email address with at most 18 plain characters before the @";

export const inboundVariables: readonly Variable[] = [
  {
    name: "LC_RESEND_WEBHOOK_SECRET",
    meaning: "Signing secret of Resend's webhook to PUBLIC_URL/hooks/email/resend; comma-separated while it is rotated",
    groups: ["gateway"],
    secret: true,
    example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    refuse: listOf((v) => (/^(whsec_)?[\w+/-]{24,}=*$/.test(v) ? undefined : "a secret such as whsec_…")),
  },
  {
    name: "LC_POSTMARK_WEBHOOK_LOGIN",
    meaning: "`user:password` that Postmark's webhook to PUBLIC_URL/hooks/email/postmark sends (Basic auth)",
    groups: ["gateway"],
    secret: true,
    example: "postmark:a-long-random-password",
    refuse: listOf((v) =>
      /^[^:]+:.{16,}$/.test(v) ? undefined : "user:password, the password of at least 16 characters",
    ),
  },
  {
    name: "LC_SES_TOPICS",
    meaning: "ARNs of the SNS topics over which SES reports to PUBLIC_URL/hooks/email/ses, comma-separated",
    groups: ["gateway"],
    example: "arn:aws:sns:eu-west-1:123456789012:ses-events",
    refuse: listOf((v) => (/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w.-]+$/.test(v) ? undefined : "ARN of an SNS topic")),
  },
  {
    name: "LC_SENDGRID_WEBHOOK_KEY",
    meaning: "Verification key (public) of SendGrid's signed event webhook to PUBLIC_URL/hooks/email/sendgrid",
    groups: ["gateway"],
    example:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvgv395u6cmvHHrcQfgQSu7iUl0sviaeO+IkAT4H2kGRuUlkRLwVGKq82iTRK0XiZ1sTV3Duv6JFZlT+xIVjzBA==",
    refuse: listOf((v) => (/^[\w+/]{80,}=*$/.test(v) ? undefined : "a public key in base64")),
  },
  {
    name: "LC_BOUNCE_ADDRESS",
    meaning:
      "Where mail servers report by mail that mail over SMTP did not arrive; each mail gets its own, as in `bounces+…@example.org`",
    groups: ["email"],
    example: "bounces@example.org",
    refuse: bounceAddress,
  },
  {
    name: "LC_INBOUND_IMAP_URL",
    meaning:
      "The mailbox of LC_BOUNCE_ADDRESS, which nobody else should read; the path is the folder, INBOX when absent",
    groups: ["email"],
    secret: true,
    example: "imaps://bounces%40example.org:secret@imap.example.org/INBOX",
    refuse: urlWith("imap", "imaps"),
  },
];
