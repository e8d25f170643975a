// The private network of a hoster on one machine: every deployment has a network namespace with addresses of its own, all
// on one bridge, and a name server knows who is where. Two deployments of a service have one name and one port, as on
// Railway. There is no way out of it, and all of it goes with the process that made it.
import { execFile } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { type DnsServer, startDns } from "../helpers/dns-server.ts";

const run = promisify(execFile);

/** Railway gives both kinds of addresses; its older environments only IPv6. */
export type Family = "dual" | "ipv6";

export interface Place {
  /** Name of the network namespace. */
  readonly name: string;
  readonly ipv6: string;
  readonly ipv4: string | undefined;
}

export interface Network {
  readonly family: Family;
  /** Where the databases, the mail server and whoever looks from outside are. */
  readonly outside: Place;
  /** A new place with addresses that nobody had before. */
  attach(name: string): Promise<Place>;
  detach(place: Place): Promise<void>;
  /** `<service>.railway.internal` leads to these places from now on, and to no others. */
  publish(service: string, places: readonly Place[]): void;
  stop(): Promise<void>;
}

const bridge = "lc0";
const ip = (...args: readonly string[]) => run("ip", args);

/** Every program asks our name server: resolv.conf is another one, in this process's own view of the file system. */
const useNameServer = async (address: string): Promise<void> => {
  const file = realpathSync("/etc/resolv.conf");
  await run("mount", ["-t", "tmpfs", "tmpfs", "/run"]);
  const text = `nameserver ${address}\noptions timeout:1 attempts:3\n`;
  if (file.startsWith("/run/")) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  writeFileSync("/run/resolv.conf", text);
  await run("mount", ["--bind", "/run/resolv.conf", file]);
};

const privateName = (service: string) => `${service.toLowerCase()}.railway.internal`;

/** Makes it. The process must be root in a network and mount namespace of its own. */
export const createNetwork = async (family: Family): Promise<Network> => {
  const outside: Place = { name: "", ipv6: "fd12::1", ipv4: family === "dual" ? "10.5.0.1" : undefined };
  await ip("link", "set", "lo", "up");
  await ip("link", "add", bridge, "type", "bridge");
  await ip("link", "set", bridge, "up");
  await ip("-6", "addr", "add", `${outside.ipv6}/64`, "dev", bridge, "nodad");
  if (outside.ipv4) await ip("addr", "add", `${outside.ipv4}/16`, "dev", bridge);
  await useNameServer(outside.ipv6);
  const dns: DnsServer = await startDns(53);
  const known = new Map<string, readonly Place[]>();
  let last = 1;

  const tell = () =>
    dns.set(
      Object.fromEntries(
        [...known].map(([service, places]) => [
          privateName(service),
          {
            aaaa: places.map(({ ipv6 }) => ipv6),
            a: places.flatMap(({ ipv4 }) => (ipv4 === undefined ? [] : [ipv4])),
          },
        ]),
      ),
    );

  return {
    family,
    outside,
    async attach(service) {
      const number = ++last;
      const name = `${service.slice(0, 8)}-${number}`;
      const ipv6 = `fd12::${number.toString(16)}`;
      const ipv4 = family === "dual" ? `10.5.${number >> 8}.${number & 255}` : undefined;
      await ip("netns", "add", name);
      await ip("link", "add", `lc${number}`, "type", "veth", "peer", "name", "eth0", "netns", name);
      await ip("link", "set", `lc${number}`, "master", bridge, "up");
      await ip("-n", name, "link", "set", "lo", "up");
      await ip("-n", name, "link", "set", "eth0", "up");
      await ip("-n", name, "-6", "addr", "add", `${ipv6}/64`, "dev", "eth0", "nodad");
      if (ipv4) await ip("-n", name, "addr", "add", `${ipv4}/16`, "dev", "eth0");
      return { name, ipv6, ipv4 };
    },
    detach: async ({ name }) => void (await ip("netns", "del", name)),
    publish(service, places) {
      known.set(service, places);
      tell();
    },
    stop: () => dns.stop(),
  };
};
