// Preflight: exact numbers before anything is sent, and everything that would make launch refuse.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import type { Preflight } from "../../../shared/contracts/campaigns.ts";
import { audienceCondition, consentOffers, countAudience } from "../../../shared/messaging/audience.ts";
import { defaultSender, type SenderFacts } from "../../../shared/messaging/sender-accounts.ts";
import { compiledBulk, emailContent } from "../content.ts";
import { requireCampaign } from "./drafts.ts";

export interface LaunchProblem {
  readonly code: "PROVIDER_MISSING" | "SENDER_INCOMPLETE" | "PUBLIC_URL_NOT_REACHABLE";
  readonly message: string;
}

const loopback = (url: string) => /^(localhost|127\.|\[?::1\]?$|0\.0\.0\.0)/.test(new URL(url).hostname);

/** What stands against sending bulk email with these settings; the sandbox needs nothing. */
export const launchProblems = (
  sender: SenderFacts | undefined,
  settings: Pick<typeof config, "production" | "emailProvider" | "publicUrl"> = config,
): LaunchProblem[] => {
  if (settings.emailProvider === "sandbox")
    return settings.production
      ? [
          {
            code: "PROVIDER_MISSING",
            message:
              "This is production and no email provider is set; the sandbox is never used instead. Set LC_EMAIL_PROVIDER to smtp, resend or postmark, and what it needs.",
          },
        ]
      : [];
  const problems: LaunchProblem[] = [];
  if (!sender?.fromAddress || !sender.postalAddress || sender.isPlaceholder)
    problems.push({
      code: "SENDER_INCOMPLETE",
      message: "The sender account needs a from address and a postal address of your own before real mail goes out.",
    });
  if (loopback(settings.publicUrl))
    problems.push({
      code: "PUBLIC_URL_NOT_REACHABLE",
      message: `PUBLIC_URL is ${settings.publicUrl}, which recipients cannot reach; unsubscribe and tracked links would be dead. Set it to your public address.`,
    });
  return problems;
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
    audienceCondition(deps.db, campaign.audience, now),
    defaultSender(deps.db, campaign.channel),
  ]);
  const options = {
    channel: campaign.channel,
    condition,
    fields: compiled.fields,
    required: compiled.required,
    asOf: now,
  };
  const counted = await countAudience(deps.db, options);
  const offers = counted.excluded["no_consent"] ? await consentOffers(deps.db, options) : [];
  const rate = Math.min(campaign.rate?.perSecond ?? ASSUMED_RATE, sender?.ratePerSecond ?? ASSUMED_RATE);
  return {
    recipients: counted.recipients,
    excluded: { ...counted.excluded },
    missingFields: counted.missingFields.map((m) => ({ ...m })),
    estimate: { seconds: Math.ceil(counted.recipients / rate), cost: 0 },
    problems: launchProblems(sender),
    consentOffers: offers.map((offer) => ({ ...offer, importedAt: offer.importedAt.toISOString() })),
  };
};
