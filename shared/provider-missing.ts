// Whether nothing stands between people and mail that goes nowhere: in production the sandbox is no way to send. Staging
// is production in everything but this: its allow-list names who may be written to, and the sandbox takes the mail.
import type { Config } from "./config.ts";

export type ProviderSettings = Pick<Config, "production" | "emailProvider"> & Partial<Pick<Config, "sendAllowlist">>;

/** True when the only way out is the sandbox, and nobody can have meant that. */
export const isProviderMissing = ({ production, emailProvider, sendAllowlist = [] }: ProviderSettings): boolean =>
  emailProvider === "sandbox" && production && sendAllowlist.length === 0;
