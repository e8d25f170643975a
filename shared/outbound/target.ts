// Whether a URL that somebody else chose may be called at all, before any name is looked up: https, no credentials, and no
// address or name inside of a network. Used when the URL is stored, and again at every call.
import { isIP } from "node:net";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";

export interface TargetRules {
  /**
   * Permits http and https to loopback, for a receiver on the developer's own machine. Never true in production: callers
   * pass `!config.production`.
   */
  readonly loopback?: boolean;
}

/** Names that exist only inside of networks (RFC 6761, 6762, 8375; Railway's private network ends in .internal). */
const innerName = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa)$/;

/** The host of a URL as names and addresses are compared: without brackets, and without the dot of the root. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || isLoopbackAddress(host);

/** What is wrong with a URL that shall be called, in words that follow "The address"; undefined when it may be tried. */
export const refuseTarget = (text: string, { loopback = false }: TargetRules = {}): string | undefined => {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return "expected an address such as https://hooks.example.org/alerts";
  const host = hostOf(url);
  if (url.username || url.password) return "has a user or password in it; put a secret into the path instead";
  if (isThisMachine(host))
    return loopback ? undefined : `leads to ${host}, which is this machine; expected a public address`;
  if (url.protocol !== "https:") return "begins with http:; expected https:, so that nobody reads along";
  // The URL parser has turned 0x7f000001, 017700000001 and 127.1 into their four numbers.
  if (isIP(host) > 0)
    return isPublicAddress(host) ? undefined : `leads to ${host}, a private address; expected a public one`;
  if (!host.includes(".") || innerName.test(host))
    return `leads to ${host}, a name inside of a network; expected a public one`;
  return undefined;
};
