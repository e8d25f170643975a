// What the gateway runs with, taken from the configuration once. Tests make their own.
import { fileURLToPath } from "node:url";
import type { Config } from "../shared/config.ts";
import type { DoorLimits } from "./hooks/door.ts";
import type { SesHook } from "./hooks/ses.ts";
import { fetchSnsCertificate } from "./hooks/sns-certificate.ts";
import type { PressureLimits } from "./pressure.ts";

/** What callbacks of email providers are checked with; where a list is empty, that provider has no route. */
export interface HookSettings {
  readonly resendSecrets: readonly string[];
  readonly postmarkLogins: readonly string[];
  readonly ses: SesHook;
  readonly sendgridKeys: readonly string[];
  readonly door: DoorLimits;
}

export interface GatewaySettings {
  readonly secretKeys: readonly string[];
  /** Address under which recipients reach the gateway, without a slash at the end. */
  readonly publicUrl: string;
  /** Where the web app is served when it is not served here. */
  readonly webUrl: string | undefined;
  /** Foreign origins whose pages may call the API with credentials; compared exactly. */
  readonly origins: ReadonlySet<string>;
  /** A request may carry on the trace that its caller names. */
  readonly trustTraceparent: boolean;
  /** How many proxies in front are ours; their entries of X-Forwarded-For are believed. */
  readonly trustedProxies: number;
  readonly rateLimitPerMinute: number;
  /** How much may wait before new work is refused. */
  readonly limits: PressureLimits;
  readonly sandbox: boolean;
  /** The debug page is there, for this machine only. */
  readonly debug: boolean;
  /** Whoever started this process on this machine gets a link for one sign-in, good only here; never in production. */
  readonly signInLink: boolean;
  /** Folder of the built web app. */
  readonly webFolder: string;
  /** Bytes. */
  readonly jsonLimit: number;
  readonly uploadLimit: number;
  /** Milliseconds in which the rest of a body may still arrive after its request was answered. */
  readonly bodyRestMs: number;
  readonly hooks: HookSettings;
}

const originOf = (url: string): string => new URL(url).origin;

/** The settings of this process. */
export const settingsFrom = (config: Config): GatewaySettings => ({
  secretKeys: config.secretKeys,
  publicUrl: config.publicUrl,
  webUrl: config.webUrl,
  origins: new Set([...config.webOrigins, ...(config.webUrl ? [config.webUrl] : []), config.publicUrl].map(originOf)),
  trustTraceparent: config.tracing.trustCallers,
  trustedProxies: config.trustedProxies,
  rateLimitPerMinute: config.rateLimitPerMinute,
  limits: config.limits,
  debug: config.debug,
  sandbox: config.emailProvider === "sandbox",
  signInLink: process.send !== undefined && !config.production,
  webFolder: fileURLToPath(new URL("../web/dist/", import.meta.url)),
  jsonLimit: 2 * 1024 * 1024,
  uploadLimit: 2 * 1024 * 1024 * 1024,
  bodyRestMs: 30_000,
  hooks: {
    resendSecrets: config.webhooks.resendSecrets,
    postmarkLogins: config.webhooks.postmarkLogins,
    ses: { topics: config.webhooks.sesTopics, fetchCertificate: fetchSnsCertificate },
    sendgridKeys: config.webhooks.sendgridKeys,
    door: { wrongPerMinute: 120, atOnce: 50 },
  },
});
