// One SPF record taken apart (RFC 7208, section 4.6 and 5), with what is wrong in it.

export interface SpfTerm {
  readonly qualifier: "+" | "-" | "~" | "?";
  readonly mechanism: "all" | "include" | "a" | "mx" | "ptr" | "ip4" | "ip6" | "exists";
  /** Domain or address after the colon; empty when there is none. */
  readonly value: string;
  /** Prefix lengths for IPv4 and IPv6. */
  readonly prefix: { readonly v4: number; readonly v6: number };
}

export interface SpfRecord {
  readonly terms: readonly SpfTerm[];
  readonly redirect: string | undefined;
  /** Terms that cannot be understood. */
  readonly wrong: readonly string[];
}

const mechanisms: ReadonlySet<string> = new Set(["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"]);
/** Mechanisms that cost one of the ten look-ups. */
export const costsLookup: ReadonlySet<string> = new Set(["include", "a", "mx", "ptr", "exists"]);

/** Whether a TXT record claims to be SPF. */
export const isSpf = (text: string): boolean => /^v=spf1( |$)/i.test(text);

const addressOk = (mechanism: string, value: string): boolean =>
  mechanism === "ip4" ? /^\d{1,3}(\.\d{1,3}){3}$/.test(value) : /^[0-9a-f:.]+$/i.test(value) && value.includes(":");

const termOf = (text: string): SpfTerm | undefined => {
  const match = /^([+\-~?]?)([a-z0-9]+)(?::([^\s/]+(?:\/(?!\d|\/)[^\s/]*)*))?((?:\/\d{1,3})?(?:\/\/\d{1,3})?)$/i.exec(
    text,
  );
  if (!match) return undefined;
  const [, qualifier = "", word = "", value = "", cidr = ""] = match;
  const mechanism = word.toLowerCase();
  if (!mechanisms.has(mechanism)) return undefined;
  const needsValue = ["include", "ip4", "ip6", "exists"].includes(mechanism);
  if (needsValue && value === "") return undefined;
  if (mechanism.startsWith("ip") && !addressOk(mechanism, value)) return undefined;
  const single = /^\/(\d+)/.exec(cidr)?.[1];
  const double = /\/\/(\d+)$/.exec(cidr)?.[1];
  const v6 = Number(mechanism === "ip6" ? (single ?? 128) : (double ?? 128));
  const v4 = Number(mechanism === "ip6" ? 32 : (single ?? 32));
  if (v4 > 32 || v6 > 128) return undefined;
  return {
    qualifier: (qualifier || "+") as SpfTerm["qualifier"],
    mechanism: mechanism as SpfTerm["mechanism"],
    value,
    prefix: { v4, v6 },
  };
};

/** Takes a record apart. */
export const parseSpf = (text: string): SpfRecord => {
  const terms: SpfTerm[] = [];
  const wrong: string[] = [];
  let redirect: string | undefined;
  for (const part of text.trim().split(/ +/).slice(1)) {
    const modifier = /^([a-z][a-z0-9._-]*)=(.*)$/i.exec(part);
    if (modifier) {
      // Modifiers that nobody knows are to be ignored (section 6).
      if (modifier[1]?.toLowerCase() === "redirect") redirect = modifier[2];
      continue;
    }
    const term = termOf(part);
    if (term) terms.push(term);
    else wrong.push(part);
  }
  return { terms, redirect, wrong };
};

/** The record with `additions` put before its end (`all` or `redirect`). */
export const withTerms = (text: string, additions: readonly string[]): string => {
  const parts = text.trim().split(/ +/);
  const end = parts.findIndex((part) => /^[+\-~?]?all$/i.test(part) || /^redirect=/i.test(part));
  const at = end === -1 ? parts.length : end;
  return [...parts.slice(0, at), ...additions, ...parts.slice(at), ...(end === -1 ? ["~all"] : [])].join(" ");
};

/** Several records as the one that is allowed: every term once, the mildest end. */
export const mergeSpf = (records: readonly string[]): string => {
  const parts = records.flatMap((record) => record.trim().split(/ +/).slice(1));
  const isEnd = (part: string) => /^[+\-~?]?all$/i.test(part);
  const terms = [...new Set(parts.filter((part) => !isEnd(part)))];
  const end =
    parts.some((part) => /^-all$/i.test(part)) && !parts.some((part) => /^~all$/i.test(part)) ? "-all" : "~all";
  return ["v=spf1", ...terms, end].join(" ");
};
