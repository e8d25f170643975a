// The words of the sending screen: what providers, checks and outcomes are called.
import type { DnsCheck, SenderTest, SendingSetup } from "../../../../shared/contracts/senders.ts";
import type { Word } from "../../words.ts";

export const providerNames: Readonly<Record<SendingSetup["provider"], string>> = {
  sandbox: "Sandbox: nothing leaves this machine",
  smtp: "SMTP",
  resend: "Resend",
  postmark: "Postmark",
};

export const checkNames: Readonly<Record<DnsCheck["name"], { readonly name: string; readonly about: string }>> = {
  spf: { name: "SPF", about: "whose servers may send for the domain" },
  dkim: { name: "DKIM", about: "the key that proves a mail is yours" },
  dmarc: { name: "DMARC", about: "what receivers do with mail that proves neither" },
};

export const checkWords: Readonly<Record<DnsCheck["status"], Word>> = {
  ok: { label: "fine", tone: "good" },
  warning: { label: "could be better", tone: "warn" },
  missing: { label: "missing", tone: "bad" },
  error: { label: "wrong", tone: "bad" },
  unknown: { label: "not known", tone: "neutral" },
};

export const testTitles: Readonly<Record<SenderTest["outcome"], { title: string; tone: "good" | "warn" | "bad" }>> = {
  accepted: { title: "The server took the mail", tone: "good" },
  refused: { title: "The server did not take the mail", tone: "bad" },
  failed: { title: "The mail could not be handed over", tone: "bad" },
  no_answer: { title: "No answer came", tone: "warn" },
  skipped: { title: "Nothing was sent", tone: "warn" },
  waiting: { title: "Still under way", tone: "warn" },
};
