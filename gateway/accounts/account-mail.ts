// Mails about accounts: an invite, a link to a new password. They take the ledger's door for single messages, in the
// transaction that makes the link, so there is never a link without its mail or a mail without its link.

import { config } from "../../shared/config.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { Sql, Trx } from "../../shared/db/knex.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import type { MakeId } from "../../shared/lib/ids.ts";
import { confidential } from "../../shared/messaging/confidential.ts";
import { freezeContent } from "../../shared/messaging/contents.ts";
import { singleDispatch } from "../../shared/messaging/dispatches.ts";
import { addSingles } from "../../shared/messaging/ledger.ts";
import { defaultSender } from "../../shared/messaging/sender-accounts.ts";
import { isProviderMissing, type ProviderSettings } from "../../shared/provider-missing.ts";

type MailSettings = ProviderSettings & Pick<typeof config, "publicUrl" | "webUrl">;

/** Where a link of a mail leads: to the web app. */
export const linkTo = (path: string, settings: Pick<MailSettings, "publicUrl" | "webUrl"> = config): string =>
  `${(settings.webUrl ?? settings.publicUrl).replace(/\/+$/, "")}${path}`;

const loopback = (url: string) => /^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(new URL(url).hostname);

/** Throws PROVIDER_MISSING, SENDER_INCOMPLETE or PUBLIC_URL_NOT_REACHABLE when a mailed link would not arrive or not work. */
export const demandMail = async (sql: Sql, settings: MailSettings = config): Promise<void> => {
  if (settings.emailProvider === "sandbox") {
    if (!isProviderMissing(settings)) return;
    throw fail(
      "PROVIDER_MISSING",
      "This is production and no email provider is set, so the link cannot be mailed. Set LC_EMAIL_PROVIDER to smtp, resend or postmark, and what it needs.",
    );
  }
  const sender = await defaultSender(sql, "email");
  if (!sender?.fromAddress || sender.isPlaceholder)
    throw fail(
      "SENDER_INCOMPLETE",
      "The sender account still has the address of the sample, so the link cannot be mailed. Give it a from address of your own first.",
    );
  const base = linkTo("", settings);
  if (loopback(base))
    throw fail(
      "PUBLIC_URL_NOT_REACHABLE",
      `Links would lead to ${base}, which only this machine can open. Set PUBLIC_URL to your public address.`,
    );
};

const frame = (content: string) =>
  `<!doctype html><html lang="en"><body style="margin:0;padding:24px;background:#f7f7f4;font-family:Arial,sans-serif;color:#1d201f">
<div style="max-width:480px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #e2e2dc;border-radius:10px;line-height:1.5">
${content}
</div></body></html>`;

const page = (sentence: string, button: string, rest: string) =>
  frame(`<p style="margin:0 0 20px">${sentence}</p>
<p style="margin:0 0 20px"><a href="{{link}}" style="display:inline-block;padding:11px 20px;background:#17594f;color:#ffffff;text-decoration:none;border-radius:7px">${button}</a></p>
<p style="margin:0;color:#5c5f5b;font-size:14px">${rest}</p>`);

const notYou =
  "If it was you, there is nothing to do. If not, choose a new password under “Forgot your password?” and tell an owner.";

const mails = {
  invite: {
    subject: "{{inviter}} invites you to the Learning Center",
    html: page(
      "{{inviter}} invites you to work in the Learning Center as {{role}}.",
      "Accept the invite",
      "The link works once, for 72 hours. If you do not know what this is about, do nothing.",
    ),
    text: "{{inviter}} invites you to work in the Learning Center as {{role}}.\n\nAccept the invite: {{link}}\n\nThe link works once, for 72 hours. If you do not know what this is about, do nothing.\n",
  },
  password: {
    subject: "Choose a new password",
    html: page(
      "Somebody, probably you, asked for a new password for the Learning Center.",
      "Choose a new password",
      "The link works once, for one hour. If it was not you, do nothing: your password stays as it is.",
    ),
    text: "Somebody, probably you, asked for a new password for the Learning Center.\n\nChoose a new password: {{link}}\n\nThe link works once, for one hour. If it was not you, do nothing: your password stays as it is.\n",
  },
  notice: {
    subject: "{{what}}",
    html: frame(`<p style="margin:0 0 20px;font-weight:bold">{{what}}</p>
<p style="margin:0 0 20px">{{more}}</p>
<p style="margin:0;color:#5c5f5b;font-size:14px">${notYou}</p>`),
    text: `{{what}}\n\n{{more}}\n\n${notYou}\n`,
  },
} as const;

export interface AccountMail {
  readonly to: string;
  readonly vars: Readonly<Record<string, string>>;
}

/**
 * Puts a mail into the ledger, to be sent once the transaction has committed. Consent is not asked: it is no campaign.
 * Answers false when the address is suppressed for all mail, after a bounce for instance; its row says so.
 */
export const addAccountMail = async (
  trx: Trx,
  id: MakeId,
  kind: keyof typeof mails,
  { to, vars }: AccountMail,
): Promise<boolean> => {
  const contentId = await freezeContent(trx, id(), { channel: "email", ...mails[kind], links: [] });
  const [message] = await addSingles(trx, [
    {
      id: id(),
      source: "transactional",
      sourceId: singleDispatch.transactional,
      channel: "email",
      contactId: null,
      address: to,
      contentId,
      vars: confidential(config.secretKeys, vars),
      idempotencyKey: null,
    },
  ]);
  await enqueue(trx, "email.send-batch", {}, { uniqueKey: "wake-normal", until: "started", lane: "normal" });
  return message?.state === "queued";
};
