// Report mails as mail servers write them: delivery status notifications of several makes, complaints, and what only
// looks like one.

export interface ReportOptions {
  /** The envelope sender of the mail that the report is about. */
  readonly returnPath: string;
  readonly recipient: string;
  readonly action?: string;
  readonly status?: string;
  readonly diagnostic?: string;
  /** Where the token stands: in the address the report came to, or only in the returned mail. */
  readonly token?: "envelope" | "returned";
  readonly messageId?: string;
}

const lines = (...text: readonly string[]) => text.join("\r\n");

const returned = ({ returnPath, recipient, messageId = "<x@example.org>" }: ReportOptions) =>
  lines(
    `Return-Path: <${returnPath}>`,
    "From: Center <hello@example.org>",
    `To: ${recipient}`,
    `Message-ID: ${messageId}`,
    "Subject: Our news",
    "",
    "Hello",
  );

/** As Postfix writes it; other servers differ in order and in case. */
export const statusReport = (options: ReportOptions): string => {
  const { returnPath, recipient, action = "failed", status = "5.1.1", token = "envelope" } = options;
  const { diagnostic = `smtp; 550 5.1.1 <${recipient}>: Recipient address rejected:\r\n    User unknown` } = options;
  const to = token === "envelope" ? returnPath : "bounces@example.org";
  return lines(
    "Return-Path: <>",
    `Delivered-To: ${to}`,
    "From: MAILER-DAEMON@mx.example.com (Mail Delivery System)",
    `To: ${to}`,
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="b1"',
    "",
    "--b1",
    "Content-Type: text/plain; charset=us-ascii",
    "",
    "I'm sorry to have to inform you that your message could not be delivered.",
    "",
    "--b1",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.example.com",
    "Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0000 (UTC)",
    "",
    `Final-Recipient: rfc822; ${recipient}`,
    `Original-Recipient: rfc822;${recipient}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: ${diagnostic}`,
    "",
    "--b1",
    "Content-Type: message/rfc822",
    "",
    returned(options),
    "--b1--",
    "",
  );
};

/** A complaint from a provider's feedback loop; the report comes to an address without the token. */
export const complaintReport = (options: ReportOptions, type = "abuse"): string =>
  lines(
    "From: feedback@provider.example",
    "To: bounces@example.org",
    "Subject: FW: Our news",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b2"',
    "",
    "--b2",
    "Content-Type: text/plain",
    "",
    "This is an email abuse report.",
    "--b2",
    "Content-Type: message/feedback-report",
    "",
    `Feedback-Type: ${type}`,
    "User-Agent: SomeGenerator/1.0",
    "Version: 1",
    `Original-Mail-From: <${options.returnPath}>`,
    "Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0000",
    "",
    "--b2",
    "Content-Type: text/rfc822-headers",
    "",
    returned(options),
    "--b2--",
    "",
  );

/** Somebody is on holiday; sent to the return path, as such answers are. */
export const outOfOffice = ({ returnPath, recipient }: ReportOptions): string =>
  lines(
    `From: ${recipient}`,
    `To: ${returnPath}`,
    "Subject: Out of office",
    "Auto-Submitted: auto-replied",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "I am away. Status: 5.1.1, Action: failed, user unknown.",
    "",
  );
