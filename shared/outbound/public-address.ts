// Which internet addresses a request to somebody else may go to: those that the whole internet reaches, and no others.
// Refused by default: a range that nobody thought of is private until somebody says otherwise.
import ipaddr from "ipaddr.js";

/** The one block that global IPv6 addresses are given from (RFC 4291); tunnels and mapped addresses inside it have ranges of their own. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

const parse = (address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined => {
  // The library also reads 127.1 and 0x7f000001; a resolver never answers so, and what is unusual here is refused.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address);
  return address.includes(":") && ipaddr.IPv6.isValid(address) ? ipaddr.IPv6.parse(address) : undefined;
};

/**
 * True when a request may go to this IP address: no loopback, private, link-local, carrier-grade, multicast, reserved or
 * documentation range, and no IPv4 address in IPv6 clothes (mapped, NAT64, 6to4, Teredo). False for anything else.
 */
export const isPublicAddress = (address: string): boolean => {
  const found = parse(address);
  if (found?.range() !== "unicast") return false;
  return found instanceof ipaddr.IPv4 || found.match(globalUnicast);
};

/** True for 127.0.0.0/8 and ::1: this machine. */
export const isLoopbackAddress = (address: string): boolean => parse(address)?.range() === "loopback";
