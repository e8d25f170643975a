// Whether the way out for mail can work where this runs. Nothing is sent and nobody is asked.
import { about, type Finding } from "../finding.ts";

const { ok, warning, problem } = about("Email");

export interface MailPlace {
  readonly production: boolean;
  readonly provider: string;
  /** Somebody asked for the sandbox by name, and LC_SEND_ALLOWLIST says who may get mail. */
  readonly sandboxAllowed: boolean;
  readonly onRailway: boolean;
}

/** Findings about the provider. */
export const providerFindings = ({ production, provider, sandboxAllowed, onRailway }: MailPlace): Finding[] => {
  if (provider === "sandbox") {
    if (!production) return [ok("Provider", "the sandbox: every mail stays on this machine, in /mailbox")];
    return sandboxAllowed
      ? [ok("Provider", "the sandbox, for LC_SEND_ALLOWLIST only: this is for trying out, no mail leaves")]
      : [
          problem(
            "Provider",
            "sandbox, in production",
            "Set LC_EMAIL_PROVIDER to resend or postmark (or smtp): launching is refused until then. For a place to try things out, set it to sandbox and LC_SEND_ALLOWLIST too.",
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
