// The DMARC policy that counts for a domain (RFC 7489): its own record or that of a domain above it, and whether our mail
// would pass by SPF or DKIM. The organisational domain is found by walking up the tree, as the successor of RFC 7489 does,
// so that no list of public suffixes has to be kept up to date.
import type { DnsCheck } from "../../../shared/contracts/senders.ts";
import type { DkimCheck } from "./check-dkim.ts";
import type { SpfCheck } from "./check-spf.ts";
import type { Dns } from "./lookup.ts";

const isDmarc = (text: string) => /^v\s*=\s*DMARC1\s*(;|$)/i.test(text);

const tagsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(";").flatMap((part) => {
      const at = part.indexOf("=");
      return at === -1 ? [] : [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const];
    }),
  );

/** The domain, then those above it down to two labels. */
const upwards = (domain: string): string[] => {
  const labels = domain.split(".");
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, i) => labels.slice(i).join("."));
};

const make = (
  host: string,
  found: readonly string[],
  rest: Pick<DnsCheck, "status" | "explanation" | "todo"> & { readonly value?: string },
): DnsCheck => {
  const { value, ...said } = rest;
  return {
    name: "dmarc",
    host,
    found: [...found],
    expected: value === undefined ? null : { host, type: "TXT", value },
    ...said,
  };
};

const policies: Readonly<Record<string, string>> = {
  none: "do nothing but report",
  quarantine: "put it into the spam folder",
  reject: "refuse it",
};

const beginnings = (domain: string) => `v=DMARC1; p=none; rua=mailto:dmarc-reports@${domain}`;

interface Found {
  readonly text: string;
  readonly host: string;
  /** The domain that the record stands at. */
  readonly at: string;
}

const passes = (spf: SpfCheck, dkim: DkimCheck, tags: ReadonlyMap<string, string>): readonly string[] => {
  const strictSpf = tags.get("aspf")?.toLowerCase() === "s";
  return [
    ...(spf.aligned === "strict" || (spf.aligned === "relaxed" && !strictSpf) ? ["SPF"] : []),
    ...(dkim.aligned === "strict" ? ["DKIM"] : []),
  ];
};

const judged = (domain: string, { text, host, at }: Found, spf: SpfCheck, dkim: DkimCheck, live: boolean): DnsCheck => {
  const tags = tagsOf(text);
  const inherited = at !== domain;
  const policy = ((inherited ? tags.get("sp") : undefined) ?? tags.get("p") ?? "").toLowerCase();
  const meaning = policies[policy];
  if (!meaning)
    return make(host, [text], {
      status: "error",
      explanation: `The record has ${policy ? `the policy "${policy}", which does not exist` : "no policy (p=)"}: receivers ignore it.`,
      todo: "Give it p=none, p=quarantine or p=reject.",
      value: beginnings(at),
    });
  const by = passes(spf, dkim, tags);
  const origin = inherited ? `${domain} has no record of its own, so that of ${at} counts. ` : "";
  const asks = `${origin}It asks receivers to ${meaning} when mail does not pass.`;
  const unclear = spf.status === "unknown" || dkim.status === "unknown";
  if (by.length === 0 && live)
    return make(host, [text], {
      status: policy === "none" || unclear ? "warning" : "error",
      explanation: `${asks} Your mail ${unclear ? "passes only if SPF or DKIM above do, which is not known" : "does not pass: neither SPF nor DKIM speaks for this domain yet"}.`,
      todo: "Put SPF and DKIM right first.",
    });
  const pass = by.length > 0 ? ` Your mail passes by ${by.join(" and by ")}.` : "";
  const single =
    by.length === 1 && live ? " With both of them it would still pass when one breaks, as forwarding does to SPF." : "";
  if (policy === "none")
    return make(host, [text], {
      status: "ok",
      explanation: `${asks}${pass}${single} That is what large receivers demand of bulk senders; it does not keep others from using your name.`,
      todo: tags.has("rua")
        ? "When the reports show that all your mail passes, change it to p=quarantine, later to p=reject."
        : "Add rua=mailto: with an address for reports; when they show that all your mail passes, change it to p=quarantine.",
    });
  const share = Number(tags.get("pct") ?? 100);
  return make(host, [text], {
    status: "ok",
    explanation: `${asks}${share < 100 ? ` It holds for ${share} % of such mail.` : ""}${pass}${single}`,
    todo: tags.has("rua") ? null : "Add rua=mailto: with an address, so that you hear who sends in your name.",
  });
};

/** Checks the policy for mail from `domain`, given what SPF and DKIM say. `live`: a real provider sends. */
export const checkDmarc = async (
  dns: Dns,
  domain: string,
  spf: SpfCheck,
  dkim: DkimCheck,
  live: boolean,
): Promise<DnsCheck> => {
  for (const at of upwards(domain)) {
    const host = `_dmarc.${at}`;
    const answer = await dns.txt(host);
    if (answer.kind === "failed")
      return make(host, [], {
        status: "unknown",
        explanation: `The DMARC record could not be looked up: ${answer.why}.`,
        todo: "Check again in a minute.",
      });
    const records = answer.kind === "found" ? answer.records.filter(isDmarc) : [];
    if (records.length > 1)
      return make(host, records, {
        status: "error",
        explanation: `There are ${records.length} DMARC records at ${host}. Only one is allowed; receivers ignore them all.`,
        todo: "Take out all but one.",
      });
    const [text] = records;
    if (text !== undefined) return judged(domain, { text, host, at }, spf, dkim, live);
  }
  return make(`_dmarc.${domain}`, [], {
    status: "missing",
    explanation: `${domain} has no DMARC record. Gmail, Yahoo and Microsoft demand one of whoever sends bulk mail.`,
    todo: "Publish this TXT record; the reports go to the address in it, which must exist.",
    value: beginnings(domain),
  });
};
