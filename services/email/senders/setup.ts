// What the environment configures for sending, fit to be shown: hosts and masked keys, never names or passwords.
import type { Config } from "../../../shared/config.ts";
import type { SendingSetup } from "../../../shared/contracts/senders.ts";
import { serverNames } from "../providers/configured.ts";

type Settings = Pick<
  Config,
  "emailProvider" | "smtpUrls" | "resend" | "postmark" | "publicUrl" | "sendAllowlist" | "domainRates"
>;

/** All but the ends; short keys show nothing. */
const masked = (key: string | undefined): string | null =>
  key === undefined ? null : key.length < 12 ? "••••" : `${key.slice(0, 3)}••••${key.slice(-4)}`;

const smtpServer = (url: string, name: string): SendingSetup["servers"][number] => {
  const { hostname, port, protocol, username } = new URL(url);
  const secure = protocol === "smtps:";
  return {
    name,
    address: `${hostname}:${port || (secure ? 465 : 587)}`,
    encryption: secure ? "TLS from the start" : "TLS where the server offers it",
    signsIn: username !== "",
  };
};

const api = (name: string, url: string): SendingSetup["servers"][number] => ({
  name,
  address: new URL(url).host,
  encryption: url.startsWith("https:") ? "HTTPS" : "none",
  signsIn: true,
});

/** What is configured. */
export const sendingSetup = (settings: Settings): SendingSetup => {
  const { emailProvider: provider, smtpUrls, resend, postmark } = settings;
  const names = serverNames(smtpUrls);
  const servers = {
    sandbox: () => [{ name: "sandbox", address: "this machine", encryption: "none needed", signsIn: false }],
    smtp: () => smtpUrls.map((url, i) => smtpServer(url, names[i] ?? "smtp")),
    resend: () => [api("resend", resend.url)],
    postmark: () => [api("postmark", postmark.url)],
  }[provider]();
  return {
    provider,
    servers,
    key: provider === "resend" ? masked(resend.apiKey) : provider === "postmark" ? masked(postmark.token) : null,
    stream: provider === "postmark" ? postmark.bulkStream : null,
    publicUrl: settings.publicUrl,
    allowlist: [...settings.sendAllowlist],
    domainRates: [...settings.domainRates].map(([domain, perSecond]) => ({ domain, perSecond })),
  };
};
