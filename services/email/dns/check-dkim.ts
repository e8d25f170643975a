// Whether the DKIM keys of a domain can be found and are sound (RFC 6376, RFC 8301). Where they stand, only the provider
// knows: by a known habit of his, or by the selector that the account names.
import { createPublicKey } from "node:crypto";
import type { DnsCheck } from "../../../shared/contracts/senders.ts";
import type { Dns } from "./lookup.ts";
import type { WayOut } from "./ways-out.ts";

export interface DkimCheck extends DnsCheck {
  readonly name: "dkim";
  readonly aligned: "strict" | "no";
}

type Fault = { readonly status: "error" | "warning"; readonly what: string };

const tagsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(";").flatMap((part) => {
      const at = part.indexOf("=");
      return at === -1 ? [] : [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const];
    }),
  );

/** Bits of an RSA key, or undefined when it is none. */
const rsaBits = (base64: string): number | undefined => {
  const der = Buffer.from(base64, "base64");
  for (const type of ["spki", "pkcs1"] as const)
    try {
      return createPublicKey({ key: der, format: "der", type }).asymmetricKeyDetails?.modulusLength;
    } catch {
      // Some publish the bare key: the other form is tried, and none at all is an answer too.
    }
  return undefined;
};

const faultOf = (text: string): Fault | undefined => {
  const tags = tagsOf(text);
  const key = tags.get("p")?.replace(/\s+/g, "");
  const type = tags.get("k")?.toLowerCase() ?? "rsa";
  if (tags.has("v") && tags.get("v") !== "DKIM1")
    return { status: "error", what: `says v=${tags.get("v")}, not v=DKIM1` };
  if (key === undefined) return { status: "error", what: "has no key (p=)" };
  if (key === "") return { status: "error", what: "has an empty key: it was revoked" };
  if (tags.has("h") && !/(^|:)\s*sha256\s*(:|$)/i.test(tags.get("h") ?? ""))
    return { status: "error", what: "does not permit sha256, which everybody signs with" };
  if (type === "rsa") {
    const bits = rsaBits(key);
    if (bits === undefined)
      return { status: "error", what: "has a key that cannot be read; often a part was lost in copying" };
    if (bits < 1024) return { status: "error", what: `has a key of ${bits} bits; receivers ignore keys below 1024` };
  } else if (type === "ed25519") {
    if (Buffer.from(key, "base64").length !== 32)
      return { status: "error", what: "has an Ed25519 key of a wrong length" };
  } else return { status: "error", what: `has a key of the unknown type ${type}` };
  if (/(^|:)\s*y\s*(:|$)/i.test(tags.get("t") ?? ""))
    return { status: "warning", what: "is in test mode (t=y): receivers may treat the mail as unsigned" };
  return undefined;
};

const isKey = (text: string) => /(^|;)\s*p\s*=/i.test(text) || /^\s*v=DKIM1/i.test(text);

interface At {
  readonly host: string;
  readonly texts: readonly string[];
  readonly failed: string | undefined;
}

const lookAt = async (dns: Dns, host: string): Promise<At> => {
  const answer = await dns.txt(host);
  return {
    host,
    texts: answer.kind === "found" ? answer.records.filter(isKey) : [],
    failed: answer.kind === "failed" ? answer.why : undefined,
  };
};

const make = (
  aligned: DkimCheck["aligned"],
  host: string | null,
  found: readonly string[],
  rest: Pick<DnsCheck, "status" | "explanation" | "todo">,
): DkimCheck => ({ name: "dkim", host, found: [...found], expected: null, aligned, ...rest });

const judged = (there: readonly At[]): DkimCheck => {
  const faults = there.flatMap(({ host, texts }) => {
    if (texts.length > 1)
      return [{ status: "error" as const, what: `${host} has ${texts.length} keys, of which receivers take any` }];
    const fault = faultOf(texts[0] ?? "");
    return fault ? [{ ...fault, what: `${host} ${fault.what}` }] : [];
  });
  const hosts = there.map(({ host }) => host).join(", ");
  const found = there.flatMap(({ texts }) => texts);
  const worst = faults.find(({ status }) => status === "error") ?? faults[0];
  const sound = faults.filter(({ status }) => status === "error").length < there.length;
  if (!worst)
    return make("strict", hosts, found, {
      status: "ok",
      explanation: `${there.length === 1 ? "The key is" : "The keys are"} published and sound. Whether your provider signs with ${there.length === 1 ? "it" : "them"} shows a test mail: look for "dkim=pass" in its headers.`,
      todo: null,
    });
  return make(sound ? "strict" : "no", hosts, found, {
    status: worst.status,
    explanation: `${faults.map(({ what }) => what).join("; ")}.`,
    todo: "Copy the record anew from your provider.",
  });
};

/** Checks the keys at the given selectors, or at those that the ways out are known to use. */
export const checkDkim = async (
  dns: Dns,
  domain: string,
  ways: readonly WayOut[],
  given: readonly string[],
): Promise<DkimCheck> => {
  const known = ways.flatMap(({ service }) => service?.selectors ?? []);
  const selectors = [...new Set(given.length > 0 ? given : known)];
  const names = [...new Set(ways.flatMap(({ service }) => service?.name ?? []))].join(" and ");
  if (selectors.length === 0)
    return make("no", null, [], {
      status: "unknown",
      explanation: `DKIM keys stand under a name that only the provider knows (its selector), so it is not known whether ${domain} has one.`,
      todo: `${names ? `${names} shows it as` : "Whoever runs your mail server knows it: it is"} part of a record such as s1._domainkey.${domain}. Write that part, s1, into the account's field "DKIM selector".`,
    });
  const looked = await Promise.all(selectors.map((selector) => lookAt(dns, `${selector}._domainkey.${domain}`)));
  const there = looked.filter(({ texts }) => texts.length > 0);
  const failed = looked.find((one) => one.failed !== undefined);
  const absent = looked.filter(({ texts, failed: why }) => texts.length === 0 && why === undefined);
  const hosts = looked.map(({ host }) => host).join(", ");
  if (there.length === 0 && failed)
    return make("no", hosts, [], {
      status: "unknown",
      explanation: `The DKIM key could not be looked up: ${failed.failed}.`,
      todo: "Check again in a minute.",
    });
  if (there.length === 0)
    return make("no", hosts, [], {
      status: "missing",
      explanation: `There is no DKIM key at ${absent.map(({ host }) => host).join(", ")}. Without a signature large receivers refuse bulk mail.`,
      todo: `Turn DKIM on for ${domain} at ${names || "your provider"} and publish the record that is shown there. If it stands under another selector, write that one into the account's field "DKIM selector".`,
    });
  const check = judged(there);
  // Selectors that somebody named must all be there; of the usual ones, some are enough.
  if (given.length > 0 && absent.length > 0 && check.status === "ok")
    return {
      ...check,
      status: "warning",
      explanation: `There is no key at ${absent.map(({ host }) => host).join(", ")}. ${check.explanation}`,
      todo: "Publish it, or take its selector out of the account.",
    };
  return check;
};
