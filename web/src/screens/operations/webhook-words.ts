// The words for webhooks: who sends them, and what became of one.
import type { ApiResult } from "../../api.ts";
import type { Word } from "../../words.ts";

export type WebhookDetail = ApiResult<"webhooks.get">;

export const webhookWords: Readonly<Record<WebhookDetail["state"], Word>> = {
  received: { label: "waiting", tone: "accent" },
  processed: { label: "applied", tone: "good" },
  ignored: { label: "changed nothing", tone: "neutral" },
  failed: { label: "could not be applied", tone: "bad" },
};

const providers: Readonly<Record<string, string>> = {
  resend: "Resend",
  postmark: "Postmark",
  ses: "Amazon SES",
  sendgrid: "SendGrid",
  imap: "A mail server, by mail",
};
/** Who sent it. */
export const providerWords = (provider: string): string => providers[provider] ?? provider;
