// Phone numbers as one spelling each: E.164, such as +14155550132. National formats are read for a default country.
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";

export type PhoneResult = { readonly phone: string } | { readonly problem: string };

const shown = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);

/** True for a two-letter country code whose number formats are known. */
export const isPhoneCountry = (country: string): boolean => isSupportedCountry(country.toUpperCase());

/**
 * The number in E.164, or what was found and expected in words.
 * `country` (two letters, US when absent) is assumed for numbers without +; an unknown one is a problem, not an error.
 */
export const normalisePhone = (text: string, country = "US"): PhoneResult => {
  const code = country.toUpperCase();
  const expected = `expected a phone number such as +14155550132, or one in the national format of ${code}`;
  if (!isSupportedCountry(code))
    return { problem: `found country ${shown(country)}; expected a two-letter code such as US` };
  if (text.length > 60) return { problem: `found ${shown(text)}; ${expected}` };
  // Address books put marks of direction around numbers that nobody sees; Asian keyboards write wide digits.
  const plain = text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .trim();
  const parsed = parsePhoneNumberFromString(plain, { defaultCountry: code as CountryCode, extract: false });
  if (!parsed?.isValid() || parsed.ext) return { problem: `found ${shown(text)}; ${expected}` };
  return { phone: parsed.number };
};
