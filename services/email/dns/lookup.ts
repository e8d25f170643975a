// Asking the DNS, with every way it can fail as a value: nothing there, no such name, no answer. Never throws.
import { Resolver } from "node:dns/promises";

export type Looked =
  | { readonly kind: "found"; readonly records: readonly string[] }
  /** The name exists and has no such record, or (`noName`) does not exist. */
  | { readonly kind: "none"; readonly noName: boolean }
  | { readonly kind: "failed"; readonly why: string };

export interface Dns {
  /** TXT records, each with its parts joined; a CNAME on the way is followed. */
  txt(name: string): Promise<Looked>;
  /** IPv4 and IPv6 addresses. */
  addresses(name: string): Promise<Looked>;
  /** Names of mail servers, best first. */
  mx(name: string): Promise<Looked>;
  /** Ends what is under way; every later answer is `failed`. */
  stop(): void;
}

const QUERY_MS = 2_000;
const TRIES = 2;

const sentences: Readonly<Record<string, string>> = {
  ETIMEOUT: "the DNS server did not answer in time",
  ECANCELLED: "the DNS took too long",
  ESERVFAIL:
    "the DNS server could not find out (SERVFAIL); often the domain's own name servers fail, or DNSSEC is broken",
  EREFUSED: "the DNS server refused the question",
  ECONNREFUSED: "no DNS server can be reached",
};

const failure = (error: unknown): Looked => {
  const code = String((error as { code?: unknown }).code ?? "");
  if (code === "ENOTFOUND") return { kind: "none", noName: true };
  if (code === "ENODATA") return { kind: "none", noName: false };
  return { kind: "failed", why: sentences[code] ?? `the DNS answered with an error (${code || String(error)})` };
};

const found = (records: readonly string[]): Looked =>
  records.length > 0 ? { kind: "found", records } : { kind: "none", noName: false };

/** A resolver over these servers (`192.0.2.1` or `192.0.2.1:5353`), or over the machine's when there are none. */
export const createDns = (servers: readonly string[]): Dns => {
  const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  let stopped = false;
  const ask = async (question: () => Promise<readonly string[]>): Promise<Looked> =>
    stopped ? failure({ code: "ECANCELLED" }) : question().then(found, failure);
  return {
    txt: (name) => ask(() => resolver.resolveTxt(name).then((records) => records.map((parts) => parts.join("")))),
    mx: (name) =>
      ask(() =>
        resolver
          .resolveMx(name)
          .then((records) => records.sort((a, b) => a.priority - b.priority).map(({ exchange }) => exchange)),
      ),
    async addresses(name) {
      const both = await Promise.all([ask(() => resolver.resolve4(name)), ask(() => resolver.resolve6(name))]);
      const records = both.flatMap((one) => (one.kind === "found" ? one.records : []));
      // One family may be missing; without any address the worse answer counts.
      return records.length > 0 ? found(records) : (both.find((one) => one.kind === "failed") ?? (both[0] as Looked));
    },
    stop() {
      stopped = true;
      resolver.cancel();
    },
  };
};
