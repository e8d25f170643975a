// Where a webhook may lead: https to a public address. A private one could be made to answer from inside of our network,
// so it is refused, also when a name turns out to lead there at the moment of the call. On this machine itself a plain
// address of loopback is fine, as long as this is not production.
import { lookup as lookUp } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

const inner = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  inner.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of [
  ["::", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const)
  inner.addSubnet(net, prefix, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const within = (list: BlockList, address: string): boolean => {
  // An IPv4 address in IPv6 clothes is what it is.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return list.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
};

/** True when a call may go to this IP address. `local`: loopback may be called. */
export const mayCall = (address: string, local: boolean): boolean =>
  isIP(address) > 0 && (!within(inner, address) || (local && within(loopback, address)));

const isLoopbackName = (host: string): boolean => host === "localhost" || (isIP(host) > 0 && within(loopback, host));

/** What is wrong with a webhook's address, in words, or undefined. `local`: this is not production. */
export const refuseAddress = (text: string, local: boolean): string | undefined => {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return "expected an address such as https://hooks.example.org/alerts";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.username || url.password) return "has a user or password in it; put a secret into the path instead";
  if (isLoopbackName(host))
    return local ? undefined : `leads to ${host}, which is this machine; expected a public address`;
  if (url.protocol !== "https:") return "begins with http:; expected https:, so that nobody reads along";
  if (isIP(host) > 0 && !mayCall(host, local)) return `leads to ${host}, a private address; expected a public one`;
  if (isIP(host) === 0 && !host.includes("."))
    return `leads to ${host}, a name inside of a network; expected a public one`;
  return undefined;
};

/** Looks a name up for a call and answers only addresses that may be called; the connection goes to what was checked. */
export const guardedLookup =
  (local: boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, "", 0);
      const open = found.filter(({ address }) => mayCall(address, local));
      const [first] = open;
      if (!first)
        return callback(new Error(`${hostname} leads to ${found[0]?.address ?? "nothing"}, a private address`), "", 0);
      if (options.all) return callback(null, open);
      return callback(null, first.address, first.family);
    });
  };
