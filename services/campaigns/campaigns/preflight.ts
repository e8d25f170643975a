// Preflight: exact numbers before anything is sent, and everything that would make launch refuse.

import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import type { Preflight } from "../../../shared/contracts/campaigns.ts";
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import { audienceCondition, consentOffers, countAudience } from "../../../shared/messaging/audience.ts";
import { defaultSender, type SenderFacts } from "../../../shared/messaging/sender-accounts.ts";
import { isProviderMissing, type ProviderSettings } from "../../../shared/provider-missing.ts";
import { compiledBulk, emailContent } from "../content.ts";
import { requireCampaign } from "./drafts.ts";

export interface LaunchProblem {
  readonly code: "PROVIDER_MISSING" | "SENDER_INCOMPLETE" | "PUBLIC_URL_NOT_REACHABLE";
  readonly message: string;
  /** The fields that are missing or wrong. */
  readonly errors: readonly FieldError[];
}

/** Addresses that lead back to the machine itself, whoever asks. */
const loopback = (url: string): boolean => {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  return (
    /^(localhost|0\.0\.0\.0|::|::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})$/.test(host) ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    host.endsWith(".localhost")
  );
};

/** What the law and receivers want to see in bulk mail, and this account has not got. */
const missingFromSender = (sender: SenderFacts | undefined): FieldError[] => {
  const missing: FieldError[] = [];
  if (!sender?.fromAddress || sender.isPlaceholder)
    missing.push({ path: "sender.fromAddress", message: "is missing: the address that your mail comes from" });
  if (!sender?.postalAddress || sender.isPlaceholder)
    missing.push({ path: "sender.postalAddress", message: "is missing: bulk mail must name where you can be reached" });
  return missing;
};

/** What stands against sending bulk email with these settings; the sandbox needs nothing. */
export const launchProblems = (
  sender: SenderFacts | undefined,
  settings: ProviderSettings & Pick<typeof config, "publicUrl"> = config,
): LaunchProblem[] => {
  if (settings.emailProvider === "sandbox") {
    if (!isProviderMissing(settings)) return [];
    const message =
      "This is production and no email provider is set; the sandbox is never used instead. Set LC_EMAIL_PROVIDER to smtp, resend or postmark, and what it needs.";
    return [{ code: "PROVIDER_MISSING", message, errors: [{ path: "LC_EMAIL_PROVIDER", message: "is not set" }] }];
  }
  const problems: LaunchProblem[] = [];
  const errors = missingFromSender(sender);
  if (errors.length > 0) {
    const what = errors.map(({ path }) => (path === "sender.fromAddress" ? "a from address" : "a postal address"));
    problems.push({
      code: "SENDER_INCOMPLETE",
      message: `The default sender account has no ${what.map((word) => word.slice(2)).join(" and no ")} of your own. Mail over a live provider must carry ${what.join(" and ")}: fill it in under Settings, Sending.`,
      errors,
    });
  }
  if (loopback(settings.publicUrl))
    problems.push({
      code: "PUBLIC_URL_NOT_REACHABLE",
      message: `PUBLIC_URL is ${settings.publicUrl}, which recipients cannot reach; unsubscribe and tracked links would be dead. Set it to your public address, for example https://learn.example.org, and start again.`,
      errors: [
        { path: "PUBLIC_URL", message: `found ${settings.publicUrl}, expected an address that recipients can reach` },
      ],
    });
  return problems;
};

/** The first thing that stands against sending, as an error to throw; undefined when nothing does. */
export const launchRefusal = (sender: SenderFacts | undefined): Error | undefined => {
  const [problem] = launchProblems(sender);
  return problem && fail(problem.code, problem.message, { errors: problem.errors });
};

/** Seconds until the last message may go: at the rate, and a day for each day's limit that is used up before it. */
const secondsFor = (recipients: number, rate: number, dailyLimit: number | null): number => {
  const days = dailyLimit ? Math.max(0, Math.ceil(recipients / dailyLimit) - 1) : 0;
  return days > 0 ? days * 86_400 : Math.ceil(recipients / rate);
};

/** Messages a second that this installation was seen to send, for the estimate; a cautious figure. */
const ASSUMED_RATE = 500;

/** Counts a campaign's audience by outcome. Throws CAMPAIGN_NOT_FOUND and what is wrong with content or segment. */
export const preflightCampaign = async (
  deps: Deps,
  { id }: { readonly id: string },
): Promise<z.infer<typeof Preflight>> => {
  const campaign = await requireCampaign(deps, id);
  const now = deps.clock.now();
  const compiled = compiledBulk(await emailContent(deps.db, campaign.content));
  const [condition, sender] = await Promise.all([
    audienceCondition(deps.db, campaign.audience, now, campaign.communities),
    defaultSender(deps.db, campaign.channel),
  ]);
  const options = {
    channel: campaign.channel,
    condition,
    fields: compiled.fields,
    required: compiled.required,
    asOf: now,
    live: config.emailProvider !== "sandbox",
  };
  const counted = await countAudience(deps.db, options);
  const offers = counted.excluded["no_consent"] ? await consentOffers(deps.db, options, deps.scope) : [];
  const rate = Math.min(campaign.rate?.perSecond ?? ASSUMED_RATE, sender?.ratePerSecond ?? ASSUMED_RATE);
  return {
    recipients: counted.recipients,
    excluded: { ...counted.excluded },
    missingFields: counted.missingFields.map((m) => ({ ...m })),
    estimate: { seconds: secondsFor(counted.recipients, rate, sender?.dailyLimit ?? null), cost: 0 },
    problems: launchProblems(sender).map(({ code, message }) => ({ code, message })),
    consentOffers: offers.map((offer) => ({ ...offer, importedAt: offer.importedAt.toISOString() })),
  };
};
