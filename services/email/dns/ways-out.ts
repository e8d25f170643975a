// Who hands our mail to its receivers, as the DNS must permit it: from the configured provider and its servers.
import type { Config } from "../../../shared/config.ts";
import { type KnownService, postmark, resend, serviceOf } from "./known-services.ts";

export interface WayOut {
  /** As people call it: a service's name, or the server's host. */
  readonly name: string;
  readonly service: KnownService | undefined;
  /** The SMTP server; undefined for an API. */
  readonly host: string | undefined;
}

/** One per server or API; none in the sandbox. */
export const waysOut = (settings: Pick<Config, "emailProvider" | "smtpUrls">): readonly WayOut[] => {
  switch (settings.emailProvider) {
    case "sandbox":
      return [];
    case "resend":
      return [{ name: resend.name, service: resend, host: undefined }];
    case "postmark":
      return [{ name: postmark.name, service: postmark, host: undefined }];
    case "smtp":
      return settings.smtpUrls.map((url) => {
        const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
        const service = serviceOf(host);
        return { name: service?.name ?? host, service, host };
      });
  }
};
