// Whether SPF lets the configured provider send for a domain: the record is there, once, receivers can evaluate it, and
// it names whoever hands our mail over. What to publish instead is made from the record that stands there.
import { isIP, isIPv6 } from "node:net";
import type { DnsCheck } from "../../../shared/contracts/senders.ts";
import type { Dns } from "./lookup.ts";
import { isSpf, mergeSpf, withTerms } from "./spf-record.ts";
import { endOf, judge, type LoadedSpf, loadSpf, MOST_LOOKUPS } from "./spf-tree.ts";
import type { WayOut } from "./ways-out.ts";

export interface SpfCheck extends DnsCheck {
  readonly name: "spf";
  /** It vouches for the from domain itself (`strict`), for a subdomain of it (`relaxed`), or not at all. */
  readonly aligned: "strict" | "relaxed" | "no";
}

interface Wanted {
  /** Terms to add to the record, such as `include:amazonses.com`. */
  readonly terms: readonly string[];
  /** Who is not permitted by the record. */
  readonly names: readonly string[];
}

/** Which of the ways out the record does not permit, and the terms that would. */
const lacking = async (dns: Dns, spf: LoadedSpf | undefined, ways: readonly WayOut[]): Promise<Wanted> => {
  const terms: string[] = [];
  const names: string[] = [];
  for (const { name, service, host = "" } of ways) {
    if (service) {
      if (spf?.included.has(service.include)) continue;
      terms.push(`include:${service.include}`);
      names.push(name);
      continue;
    }
    const answer = isIP(host) ? undefined : await dns.addresses(host);
    const addresses = isIP(host) ? [host] : answer?.kind === "found" ? answer.records : [];
    const permitted = spf
      ? await Promise.all(addresses.map(async (ip) => (await judge(dns, spf.tree, ip)) === "+"))
      : addresses.map(() => false);
    const rest = addresses.filter((_, i) => !permitted[i]);
    if (rest.length === 0 && addresses.length > 0) continue;
    terms.push(...rest.map((ip) => `${isIPv6(ip) ? "ip6" : "ip4"}:${ip}`));
    names.push(name);
  }
  return { terms: [...new Set(terms)], names: [...new Set(names)] };
};

const and = (names: readonly string[]) => names.join(" and ");

const result = (
  host: string,
  found: readonly string[],
  aligned: SpfCheck["aligned"],
  rest: Pick<DnsCheck, "status" | "explanation" | "todo"> & { readonly value?: string },
): SpfCheck => {
  const { value, ...said } = rest;
  const expected = value === undefined ? null : ({ host, type: "TXT", value } as const);
  return { name: "spf", host, found: [...found], expected, aligned, ...said };
};

/** A record that receivers can use: who is missing in it, and how it ends. */
const judged = async (dns: Dns, host: string, text: string, ways: readonly WayOut[], aligned: SpfCheck["aligned"]) => {
  const spf = await loadSpf(dns, host, text);
  const say = (
    status: DnsCheck["status"],
    explanation: string,
    todo: string | null,
    value?: string,
    still: SpfCheck["aligned"] = "no",
  ) => result(host, [text], still, { status, explanation, todo, ...(value === undefined ? {} : { value }) });
  if (spf.broken.length > 0)
    return say(
      "error",
      `Receivers cannot evaluate this record: ${spf.broken.join("; ")}. They treat it as if it permitted nobody.`,
      "Correct or take out what is named.",
    );
  if (spf.lookups > MOST_LOOKUPS)
    return say(
      "error",
      `Evaluating this record takes ${spf.lookups} DNS look-ups; receivers stop at ${MOST_LOOKUPS} and treat it as broken.`,
      "Take out include, a and mx terms of services that you no longer use, or replace them by their ip4 ranges.",
    );
  const end = endOf(spf.tree);
  if (end === "+")
    return say(
      "error",
      "The record ends with +all: everybody in the world may send as you.",
      "End it with ~all.",
      text.replace(/\s\+?all\b/i, " ~all"),
    );
  const { terms, names } = await lacking(dns, spf, ways);
  if (names.length > 0 && spf.unanswered.length > 0)
    return say(
      "unknown",
      `It could not be found out whether the record permits ${and(names)}: ${spf.unanswered.join("; ")}.`,
      "Check again in a minute.",
    );
  if (terms.length > 0)
    return say(
      "error",
      `The record does not permit ${and(names)} to send for ${host}.`,
      "Replace the record by this one. Do not add a second one: several SPF records are an error.",
      withTerms(text, terms),
    );
  if (names.length > 0)
    return say(
      "unknown",
      `The addresses of ${and(names)} could not be looked up, so it is not known whether the record permits them.`,
      "Check the name of the server, then check again.",
    );
  if (end === undefined || end === "?")
    return say(
      "warning",
      `The record permits your mail but says nothing about anybody else's${end === "?" ? " (it ends with ?all)" : ": it has no end"}.`,
      "End it with ~all.",
      end === "?" ? text.replace(/\s\?all\b/i, " ~all") : withTerms(text, []),
      aligned,
    );
  const servers = ways.filter(({ service }) => !service).map(({ name }) => name);
  const permits = ways.length === 0 ? "The record is sound" : `The record permits ${and(ways.map(({ name }) => name))}`;
  return say(
    "ok",
    `${permits}, and takes ${spf.lookups} of the ${MOST_LOOKUPS} look-ups that receivers allow.${
      servers.length > 0
        ? " If that server passes mail on through others, their addresses must be permitted too: its operator knows."
        : ""
    }`,
    null,
    undefined,
    aligned,
  );
};

/** The check at one name. */
const checkAt = async (
  dns: Dns,
  host: string,
  ways: readonly WayOut[],
  aligned: SpfCheck["aligned"],
): Promise<SpfCheck> => {
  const answer = await dns.txt(host);
  if (answer.kind === "failed")
    return result(host, [], "no", {
      status: "unknown",
      explanation: `The SPF record of ${host} could not be looked up: ${answer.why}.`,
      todo: "Check again in a minute.",
    });
  const records = answer.kind === "found" ? answer.records.filter(isSpf) : [];
  if (records.length > 1)
    return result(host, records, "no", {
      status: "error",
      explanation: `${host} has ${records.length} SPF records. Only one is allowed; with several, receivers ignore them all.`,
      todo: "Publish this one instead of them.",
      value: await merged(dns, host, records, ways),
    });
  const [text] = records;
  if (text !== undefined) return judged(dns, host, text, ways, aligned);
  const { terms } = await lacking(dns, undefined, ways);
  const noName = answer.kind === "none" && answer.noName;
  return result(host, [], "no", {
    status: "missing",
    explanation: `${noName ? `The DNS has nothing at ${host}` : `${host} has no SPF record`}: receivers cannot tell whose servers may send for it.`,
    // A record that permits nobody would do harm: receivers would doubt all mail of the domain.
    ...(terms.length === 0
      ? { todo: "Publish the one that your provider names, once you have chosen who sends your mail." }
      : { todo: "Publish this TXT record.", value: withTerms("v=spf1", terms) }),
  });
};

const merged = async (dns: Dns, host: string, records: readonly string[], ways: readonly WayOut[]): Promise<string> => {
  const one = mergeSpf(records);
  return withTerms(one, (await lacking(dns, await loadSpf(dns, host, one), ways)).terms);
};

/** Receivers look SPF up at the domain of the return path, whatever stands in From. */
const checkReturnPath = async (dns: Dns, domain: string, host: string, ways: readonly WayOut[]): Promise<SpfCheck> => {
  // One above the other has the same organisational domain in every case that matters.
  const related = host.endsWith(`.${domain}`) || domain.endsWith(`.${host}`);
  const check = await checkAt(dns, host, ways, host === domain ? "strict" : related ? "relaxed" : "no");
  if (host === domain) return check;
  const explanation = `${check.explanation} LC_BOUNCE_ADDRESS sends bounces to ${host}, so receivers look there and not at ${domain}.`;
  if (related || check.status !== "ok") return { ...check, explanation };
  return {
    ...check,
    status: "warning",
    explanation: `${explanation} SPF passes but does not speak for ${domain}: DKIM alone then has to carry DMARC.`,
    todo: `Set LC_BOUNCE_ADDRESS to an address at ${domain} or below it.`,
  };
};

/**
 * Checks SPF for mail from `domain` that leaves by these ways. `returnPath`: the domain of the bounce address that mail
 * over SMTP carries, when there is one.
 */
export const checkSpf = async (
  dns: Dns,
  domain: string,
  ways: readonly WayOut[],
  returnPath?: string,
): Promise<SpfCheck> => {
  if (returnPath !== undefined && ways.some(({ host }) => host !== undefined))
    return checkReturnPath(dns, domain, returnPath, ways);
  const [only] = ways;
  const { bounces, name = "" } = (ways.length === 1 && !only?.host && only?.service) || {};
  if (!bounces) return checkAt(dns, domain, ways, "strict");
  // An API bounces to a subdomain, and receivers look there.
  const host = `${bounces.label}.${domain}`;
  const check = await checkAt(dns, host, ways, "relaxed");
  if (check.status !== "missing") return check;
  if (!bounces.cname)
    return {
      ...check,
      explanation: `${name} sends with a return path at ${host}, and there is no SPF record there.`,
      todo: `Publish this, and the MX record that ${name} shows for the domain. If you chose another return path there, this name does not matter.`,
    };
  return {
    ...check,
    status: "warning",
    expected: { host, type: "CNAME", value: bounces.cname },
    explanation: `${name} uses a return path of its own, so SPF passes but does not speak for ${domain}. DKIM alone then has to carry DMARC.`,
    todo: `Publish this CNAME and enter ${host} as the return path at ${name}.`,
  };
};
