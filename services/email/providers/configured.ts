// The provider that the environment names, behind its breaker; several SMTP servers become a pool with failover.
import type { Config } from "../../../shared/config.ts";
import type { Clock } from "../../../shared/lib/clock.ts";
import { createFailover } from "./failover.ts";
import { createPostmarkProvider } from "./postmark.ts";
import type { EmailProvider, Trace } from "./provider.ts";
import { createResendProvider } from "./resend.ts";
import { createSmtpProvider } from "./smtp.ts";

export type ProviderSettings = Pick<Config, "emailProvider" | "smtpUrls" | "smtpConnections" | "resend" | "postmark">;

export interface ProviderSurroundings {
  readonly clock: Clock;
  /** Milliseconds to wait for an answer. */
  readonly answerMs: number;
  /** Where the sandbox's SMTP server is now. */
  readonly sandboxUrl: () => Promise<string>;
  /** Milliseconds for a connection to an SMTP server, and for its greeting; default 10,000. */
  readonly connectMs?: number;
  /** What hears the conversation with one server; absent: nobody. */
  readonly traceOf?: (server: string) => Trace;
}

const missing = (provider: string, what: string) =>
  new Error(`LC_EMAIL_PROVIDER is ${provider}, but ${what}. Set it, or choose another provider`);

/** Names that the ledger shows: by host, and by port where a host appears twice. Never with credentials. */
export const serverNames = (urls: readonly string[]): readonly string[] => {
  if (urls.length === 1) return ["smtp"];
  const parsed = urls.map((url) => new URL(url));
  return parsed.map(({ hostname, host }) =>
    parsed.filter((other) => other.hostname === hostname).length > 1 ? `smtp:${host}` : `smtp:${hostname}`,
  );
};

const membersOf = (settings: ProviderSettings, around: ProviderSurroundings): readonly EmailProvider[] => {
  const { answerMs, connectMs, traceOf } = around;
  const { smtpUrls, smtpConnections: connections, resend, postmark } = settings;
  const of = (server: string) => (traceOf ? { trace: traceOf(server) } : {});
  const smtp = (name: string, url: () => Promise<string>) =>
    createSmtpProvider({ name, connections, answerMs, url, ...(connectMs ? { connectMs } : {}), ...of(name) });
  switch (settings.emailProvider) {
    case "sandbox":
      return [smtp("sandbox", around.sandboxUrl)];
    case "smtp": {
      if (smtpUrls.length === 0) throw missing("smtp", "LC_SMTP_URLS names no server");
      const names = serverNames(smtpUrls);
      return smtpUrls.map((url, i) => smtp(names[i] as string, async () => url));
    }
    case "resend":
      if (!resend.apiKey) throw missing("resend", "RESEND_API_KEY is not set");
      return [
        createResendProvider({
          apiKey: resend.apiKey,
          url: resend.url,
          clock: around.clock,
          answerMs,
          ...of("resend"),
        }),
      ];
    case "postmark":
      if (!postmark.token) throw missing("postmark", "POSTMARK_TOKEN is not set");
      return [createPostmarkProvider({ ...postmark, token: postmark.token, answerMs, ...of("postmark") })];
  }
};

/** The provider to send with. Throws when what it needs is not set, so that nothing starts half-configured. */
export const configuredProvider = (settings: ProviderSettings, around: ProviderSurroundings): EmailProvider =>
  createFailover(membersOf(settings, around), { name: settings.emailProvider, clock: around.clock });
