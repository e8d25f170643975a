// Whether the way out for mail can work where this runs. Nothing is sent and nobody is asked.
import { about, type Finding } from "../finding.ts";
import { isProviderMissing, type ProviderSettings } from "../provider-missing.ts";

const { ok, warning, problem } = about("Email");

export interface MailPlace extends ProviderSettings {
  readonly onRailway: boolean;
}

/** Findings about the provider. */
export const providerFindings = (place: MailPlace): Finding[] => {
  const { emailProvider: provider, onRailway } = place;
  if (provider === "sandbox") {
    if (!place.production) return [ok("Provider", "the sandbox: every mail stays on this machine, in /mailbox")];
    return !isProviderMissing(place)
      ? [ok("Provider", "the sandbox, for LC_SEND_ALLOWLIST only: this is for trying out, no mail leaves")]
      : [
          problem(
            "Provider",
            "sandbox, in production",
            "Set LC_EMAIL_PROVIDER to resend or postmark (or smtp): launching is refused until then. For a place to try things out, set LC_SEND_ALLOWLIST.",
          ),
        ];
  }
  if (provider === "smtp" && onRailway)
    return [
      warning(
        "Provider",
        "smtp, which Railway lets out on its Pro plan only",
        "On any other plan set LC_EMAIL_PROVIDER to resend or postmark: they go over HTTPS, on every plan.",
      ),
    ];
  return [ok("Provider", onRailway ? `${provider}, which works on every plan of Railway` : provider)];
};
