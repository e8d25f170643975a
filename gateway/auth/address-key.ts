// Client addresses as keys of limits: an IPv6 customer owns a whole /64, so its addresses count as one.
import { isIPv6 } from "node:net";

/** `address:<ip>` for IPv4, `address:<first four groups>::/64` for IPv6. */
export const addressKey = (address: string): string => {
  if (!isIPv6(address)) return `address:${address}`;
  const [head = "", tail = ""] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::")
    ? Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0")
    : [];
  const groups = [...left, ...zeros, ...right].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `address:${groups.join(":")}::/64`;
};
