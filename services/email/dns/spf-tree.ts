// A domain's SPF record with everything it includes, fetched once: how many look-ups it costs a receiver, which names it
// includes, and whether it permits an address (RFC 7208). At most 10 look-ups are allowed, and receivers stop there.
import { BlockList, isIPv6 } from "node:net";
import type { Dns, Looked } from "./lookup.ts";
import { costsLookup, isSpf, parseSpf, type SpfRecord, type SpfTerm } from "./spf-record.ts";

export const MOST_LOOKUPS = 10;
/** Where we stop to follow: far beyond what is allowed, so that the number that we show is the real one nearly always. */
const MOST_FETCHED = 30;

export interface SpfTree {
  readonly domain: string;
  readonly record: SpfRecord;
  /** By the name that is included or redirected to. */
  readonly below: ReadonlyMap<string, SpfTree>;
}

export interface LoadedSpf {
  readonly tree: SpfTree;
  /** Look-ups that a receiver needs at worst. */
  readonly lookups: number;
  /** Every name that is included, at any depth. */
  readonly included: ReadonlySet<string>;
  /** What makes receivers give up on the record (permerror), in words. */
  readonly broken: readonly string[];
  /** Names whose answer never came. */
  readonly unanswered: readonly string[];
}

const hasMacro = (name: string) => name.includes("%{");

interface Walk {
  readonly dns: Dns;
  lookups: number;
  fetched: number;
  readonly included: Set<string>;
  readonly broken: string[];
  readonly unanswered: string[];
}

const fetchBelow = async (walk: Walk, name: string, path: readonly string[]): Promise<SpfTree | undefined> => {
  if (path.includes(name)) {
    walk.broken.push(`it includes itself (${[...path, name].join(" → ")})`);
    return undefined;
  }
  if (walk.fetched++ >= MOST_FETCHED) return undefined;
  const answer = await walk.dns.txt(name);
  if (answer.kind === "failed") {
    walk.unanswered.push(`${name}: ${answer.why}`);
    return undefined;
  }
  const records = answer.kind === "found" ? answer.records.filter(isSpf) : [];
  if (records.length !== 1) {
    walk.broken.push(`${name}, which it includes, has ${records.length === 0 ? "no" : "more than one"} SPF record`);
    return undefined;
  }
  return branch(walk, name, parseSpf(records[0] as string), [...path, name]);
};

const branch = async (walk: Walk, domain: string, record: SpfRecord, path: readonly string[]): Promise<SpfTree> => {
  for (const wrong of record.wrong) walk.broken.push(`"${wrong}" in the record of ${domain} is no SPF term`);
  const below = new Map<string, SpfTree>();
  const follow = async (value: string) => {
    const name = value.toLowerCase().replace(/\.$/, "");
    walk.included.add(name);
    if (hasMacro(name)) return;
    const tree = await fetchBelow(walk, name, path);
    if (tree) below.set(name, tree);
  };
  for (const term of record.terms) {
    if (costsLookup.has(term.mechanism)) walk.lookups++;
    if (term.mechanism === "include") await follow(term.value);
  }
  // A redirect counts only where nothing ends the record before it.
  if (record.redirect && !record.terms.some(({ mechanism }) => mechanism === "all")) {
    walk.lookups++;
    await follow(record.redirect);
  }
  return { domain, record, below };
};

/** Fetches what a record includes. */
export const loadSpf = async (dns: Dns, domain: string, text: string): Promise<LoadedSpf> => {
  const walk: Walk = { dns, lookups: 0, fetched: 0, included: new Set(), broken: [], unanswered: [] };
  const tree = await branch(walk, domain, parseSpf(text), [domain]);
  return { tree, ...walk };
};

/** How the record ends for whoever no term fits: the qualifier of `all`, at its own level or by redirect; else undefined. */
export const endOf = ({ record, below }: SpfTree): SpfTerm["qualifier"] | undefined => {
  const all = record.terms.find(({ mechanism }) => mechanism === "all");
  if (all) return all.qualifier;
  const next = record.redirect && below.get(record.redirect.toLowerCase().replace(/\.$/, ""));
  return next ? endOf(next) : undefined;
};

const within = (ip: string, nets: readonly string[], prefix: SpfTerm["prefix"]): boolean => {
  const family = isIPv6(ip) ? "ipv6" : "ipv4";
  const list = new BlockList();
  try {
    for (const net of nets)
      if (isIPv6(net) === (family === "ipv6")) list.addSubnet(net, family === "ipv6" ? prefix.v6 : prefix.v4, family);
  } catch {
    // An address that is none fits nothing.
    return false;
  }
  return list.check(ip, family);
};

const listed = (answer: Looked): readonly string[] => (answer.kind === "found" ? answer.records : []);

const hostsOf = async (dns: Dns, term: SpfTerm, domain: string): Promise<readonly string[]> => {
  const name = term.value || domain;
  if (hasMacro(name)) return [];
  if (term.mechanism === "a") return listed(await dns.addresses(name));
  const servers = listed(await dns.mx(name)).slice(0, 10);
  return (await Promise.all(servers.map((server) => dns.addresses(server)))).flatMap(listed);
};

/** What the record says to mail from this address: the qualifier that fits, or undefined when none does. */
export const judge = async (dns: Dns, tree: SpfTree, ip: string): Promise<SpfTerm["qualifier"] | undefined> => {
  for (const term of tree.record.terms) {
    const { mechanism, value, qualifier, prefix } = term;
    if (mechanism === "all") return qualifier;
    if (mechanism === "ip4" || mechanism === "ip6") {
      if (within(ip, [value], prefix)) return qualifier;
    } else if (mechanism === "include") {
      const below = tree.below.get(value.toLowerCase().replace(/\.$/, ""));
      if (below && (await judge(dns, below, ip)) === "+") return qualifier;
    } else if ((mechanism === "a" || mechanism === "mx") && within(ip, await hostsOf(dns, term, tree.domain), prefix))
      return qualifier;
  }
  const next = tree.record.redirect && tree.below.get(tree.record.redirect.toLowerCase().replace(/\.$/, ""));
  return next ? judge(dns, next, ip) : undefined;
};
