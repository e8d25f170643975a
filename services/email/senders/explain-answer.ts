// What a server's answer to a test mail means, in plain words, and what to do about it. Goes by the outcome, the error
// codes of SMTP (RFC 5321, RFC 3463) and of the vendors, and by what Node says about a connection that never came about.
import type { ProviderOutcome } from "../providers/provider.ts";

export interface Explanation {
  readonly meaning: string;
  readonly todo: string | null;
}

type Case = readonly [pattern: RegExp, meaning: string, todo: string];

/** Nothing answered, or the connection could not be made safe. */
const connection: readonly Case[] = [
  [
    /ECONNREFUSED/,
    "Nothing listens at this host and port: the connection was refused.",
    "Check host and port of the server. Usual ports are 587 (smtp://) and 465 (smtps://).",
  ],
  [
    /ENOTFOUND|EAI_AGAIN|EDNS|getaddrinfo/,
    "The server's name is not known to the DNS.",
    "Check the host name for a typing mistake, and whether this machine can resolve names.",
  ],
  [
    /wrong version number|packet length too long|unknown protocol|EPROTO/i,
    "The server does not begin with TLS at this port.",
    "Use smtp:// with port 587 (TLS begins after the greeting), or smtps:// with port 465.",
  ],
  [
    /self.?signed|unable to (verify|get local issuer)|DEPTH_ZERO/i,
    "The server's certificate is not signed by anybody this machine trusts.",
    "Give the server a proper certificate, or trust its authority with NODE_EXTRA_CA_CERTS.",
  ],
  [
    /CERT_HAS_EXPIRED|certificate has expired/i,
    "The server's certificate has expired.",
    "Renew it, or tell whoever runs the server.",
  ],
  [
    /ALTNAME|does not match certificate/i,
    "The server's certificate is for another name.",
    "Use the host name that the certificate names.",
  ],
  [
    /ETLS|TLS|SSL/,
    "A safe connection (TLS) could not be set up.",
    "Check the port, and whether the server offers TLS.",
  ],
  [
    /Greeting never received/i,
    "The server took the connection and then said nothing.",
    "With smtp:// this is often a port that expects TLS at once: try smtps:// with port 465.",
  ],
  [
    /ETIMEDOUT|timeout|no connection within|no answer within/i,
    "The server did not answer in time.",
    "Many hosts block the ports of SMTP (Railway does below its Pro plan). Ask yours, or send over HTTPS with Resend or Postmark.",
  ],
  [
    /EHOSTUNREACH|ENETUNREACH/,
    "There is no way from this machine to the server.",
    "Check the network and its firewall.",
  ],
  [
    /ECONNRESET|ESOCKET|ECONNECTION|EPIPE|closed unexpectedly|hang up/i,
    "The server closed the connection.",
    "Check that host and port belong to a mail server that takes mail from this machine.",
  ],
];

/** The server's own no. */
const refusals: readonly Case[] = [
  [
    /invalid_api_key|API key is invalid|restricted_api_key|missing_api_key|^401\b/i,
    "The provider does not know the key.",
    "Make a new key at the provider and set it where this installation is configured, then start again.",
  ],
  [
    /domain is not verified|verify (your|a) domain|invalid_from_address|sender signature|^422 400\b|^422 401\b/i,
    "The provider does not know this from address as yours.",
    "Verify the domain at the provider: it names the DNS records to publish. Then check them below.",
  ],
  [
    /only send testing emails to your own/i,
    "The provider account may only write to its owner so far.",
    "Verify a domain at the provider.",
  ],
  [
    /quota_exceeded|quota|^4[25]2\b.*(storage|full)|mailbox (is )?full/i,
    "A quota is used up: the provider's, or the recipient's mailbox is full.",
    "Wait until it begins anew, or enlarge it.",
  ],
  [
    /\b535\b|\b5\.7\.8\b|EAUTH|Invalid login|authentication (failed|credentials)/i,
    "The server refused the user name or password.",
    "Check the user and password in LC_SMTP_URLS; signs such as @ : / in them must be percent-encoded. Some providers want an app password or a key instead.",
  ],
  [
    /\b53[08]\b|authentication required|must (issue a )?STARTTLS/i,
    "The server wants you to sign in, or to use TLS, before it takes mail.",
    "Put user and password into LC_SMTP_URLS, and use smtps:// or a port that offers TLS.",
  ],
  [
    /relay|not permitted to send/i,
    "The server does not pass mail on for you.",
    "Sign in with user and password, or have this machine's address permitted at the server.",
  ],
  [
    /\b(spf|dkim|dmarc)\b|5\.7\.(2[0-9]|30)\b/i,
    "The mail could not prove that it comes from this domain.",
    "Publish the SPF, DKIM and DMARC records shown below.",
  ],
  [
    /sender|MAIL FROM|5\.1\.[78]\b/i,
    "The server does not take mail from this from address.",
    "Use an address of a domain that you own and that the server knows as yours.",
  ],
  [
    /spam|block(ed| ?list)|black-?list|reputation|policy/i,
    "The server takes this for unwanted mail, or blocks the machine it comes from.",
    "Read its answer: it usually names the list or the page where you can ask for removal.",
  ],
  [
    /\b(5\.1\.1|5\.1\.10)\b|user unknown|no such user|unknown user|does not exist|inactive|^422 406\b/i,
    "The mailbox that you wrote to does not exist or takes no mail.",
    "Try another address of your own.",
  ],
  [
    /\b454\b|^429\b|too many|rate.?limit|slow down/i,
    "The server asks you to slow down.",
    "Set a limit per second for this account that is below the provider's.",
  ],
  [
    /gr[ae]y-?list|\b4[25]1\b|try again/i,
    "The server asks for patience: it does not take the mail for now.",
    "Try again in some minutes. Campaigns do that by themselves.",
  ],
];

const firstFit = (cases: readonly Case[], text: string): Explanation | undefined => {
  const found = cases.find(([pattern]) => pattern.test(text));
  return found && { meaning: found[1], todo: found[2] };
};

/** What an outcome means. `said`: whether a server said anything at all. */
export const explainAnswer = (
  outcome: Pick<ProviderOutcome, "kind" | "detail">,
  around: { readonly sandbox: boolean; readonly said: boolean },
): Explanation => {
  const detail = outcome.detail ?? "";
  if (outcome.kind === "accepted")
    return around.sandbox
      ? {
          meaning: "The sandbox took the mail. It is in the mailbox of this platform and went nowhere else.",
          todo: null,
        }
      : {
          meaning: "The server took the mail and answers for it from here on.",
          todo: "Look into the inbox, and into its spam folder: taken does not yet mean delivered.",
        };
  if (outcome.kind === "unknown")
    return {
      meaning: "The mail was handed over and no answer came: nobody can know whether it left.",
      todo: "Look into the inbox. If it is not there in some minutes, try again.",
    };
  // The server's own codes first; a connection that broke carries only the name of its error.
  const ownWords = /^[245]\d\d[ -]/.test(detail);
  const found = ownWords ? firstFit(refusals, detail) : (firstFit(connection, detail) ?? firstFit(refusals, detail));
  return (
    found ??
    (around.said
      ? { meaning: "The server said no.", todo: "Its answer says why. If it does not help you, ask the provider." }
      : {
          meaning: "The mail could not be handed over.",
          todo: "The error names the cause. Check host, port and key of the provider.",
        })
  );
};
