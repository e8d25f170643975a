// Email addresses as one spelling each: trimmed, lower case, international domains in ASCII. What is compared, stored
// and sent to is this spelling. The check is sane rather than complete: only a delivery proves an address.
import { domainToASCII } from "node:url";

export type EmailResult = { readonly email: string } | { readonly problem: string };

const local = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const plainDomain = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
/** What the look-up below would take for a path, a port or an escape, and read another domain out of it. */
const noDomain = /[^a-z0-9.\u0080-\u{10ffff}-]/u;
/** White space and characters that nobody sees, which come along when an address is copied. */
const edges = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
const plainLocal = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

const shown = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
const expected = "expected an email address such as name@example.org";

/** The normalised address (at most 254 characters), or what was found and expected in words. */
export const normaliseEmail = (text: string): EmailResult => {
  // Trimming a cell of blanks would take its length squared.
  if (text.length > 1_000) return { problem: `found ${shown(text)}; ${expected}` };
  const trimmed = text.replace(edges, "").toLowerCase().normalize("NFC");
  const at = trimmed.lastIndexOf("@");
  if (at < 1) return { problem: `found ${shown(text)}; ${expected}` };
  const name = trimmed.slice(0, at);
  const given = trimmed.slice(at + 1);
  if (name.length > 64 || (!plainLocal.test(name) && !local.test(name)))
    return { problem: `found ${shown(text)}, whose part before @ cannot be one; ${expected}` };
  const domain = plainDomain.test(given) ? given : noDomain.test(given) ? "" : domainToASCII(given);
  // An all-digit last label is an IP address, which domainToASCII lets through.
  if (!plainDomain.test(domain) || /\.\d+$/.test(domain) || name.length + domain.length > 253)
    return { problem: `found ${shown(text)}, whose part after @ is no domain; ${expected}` };
  return { email: `${name}@${domain}` };
};
