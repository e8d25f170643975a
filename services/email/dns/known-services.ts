// What is known about the services that mail is sent through: the name that their customers include in SPF, the selectors
// of their DKIM keys, and where else than at the from domain they have SPF looked up. From their documentation.

export interface KnownService {
  readonly name: string;
  /** Included by their customers' SPF records. */
  readonly include: string;
  /** Usual selectors; empty: each customer gets one of their own. */
  readonly selectors: readonly string[];
  /**
   * They bounce to a subdomain of yours, and receivers look SPF up there: its first label, and the CNAME to publish
   * where it is one.
   */
  readonly bounces?: { readonly label: string; readonly cname?: string };
}

export const resend: KnownService = {
  name: "Resend",
  include: "amazonses.com",
  selectors: ["resend"],
  bounces: { label: "send" },
};

export const postmark: KnownService = {
  name: "Postmark",
  include: "spf.mtasv.net",
  selectors: [],
  bounces: { label: "pm-bounces", cname: "pm.mtasv.net" },
};

const byHost: readonly (readonly [RegExp, KnownService])[] = [
  [/(^|\.)amazonaws\.com$/, { name: "Amazon SES", include: "amazonses.com", selectors: [] }],
  [/(^|\.)sendgrid\.net$/, { name: "SendGrid", include: "sendgrid.net", selectors: ["s1", "s2"] }],
  [/(^|\.)mailgun\.org$/, { name: "Mailgun", include: "mailgun.org", selectors: ["mx", "smtp", "k1", "pic", "email"] }],
  [/(^|\.)postmarkapp\.com$/, postmark],
  [/(^|\.)resend\.com$/, resend],
  [/(^|\.)(gmail|google)\.com$/, { name: "Google", include: "_spf.google.com", selectors: ["google"] }],
  [
    /(^|\.)(office365|outlook)\.com$/,
    { name: "Microsoft 365", include: "spf.protection.outlook.com", selectors: ["selector1", "selector2"] },
  ],
  [
    /(^|\.)(brevo|sendinblue)\.com$/,
    { name: "Brevo", include: "spf.brevo.com", selectors: ["brevo1", "brevo2", "mail"] },
  ],
  [/(^|\.)mailjet\.com$/, { name: "Mailjet", include: "spf.mailjet.com", selectors: ["mailjet"] }],
  [/(^|\.)fastmail\.com$/, { name: "Fastmail", include: "spf.messagingengine.com", selectors: ["fm1", "fm2", "fm3"] }],
  [/(^|\.)zoho\.com$/, { name: "Zoho", include: "zohomail.com", selectors: ["zmail", "zoho"] }],
  [/(^|\.)zoho\.eu$/, { name: "Zoho", include: "zohomail.eu", selectors: ["zmail", "zoho"] }],
];

/** The service that an SMTP server belongs to, or undefined. */
export const serviceOf = (host: string): KnownService | undefined =>
  byHost.find(([pattern]) => pattern.test(host.toLowerCase()))?.[1];

const mailboxes: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr live.com
   msn.com icloud.com me.com mac.com aol.com proton.me protonmail.com yandex.com yandex.ru yahoo.com yahoo.co.uk yahoo.de
   yahoo.fr gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de mail.ru mail.com`.split(/\s+/),
);

/** Whether the domain belongs to a mailbox service, so that its users can publish nothing there. */
export const isMailboxService = (domain: string): boolean => mailboxes.has(domain);
