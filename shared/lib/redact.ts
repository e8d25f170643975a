// Takes out of an error's text what may be about people or open a door: addresses, numbers, keys, and whatever somebody
// else wrote. Names of columns, files and codes stay, because those are what helps.

const isId = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** In this order: what is told apart by its form goes before what is merely long. */
const rules: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  // A URL keeps its scheme and host; user, path and query may hold tokens.
  [/\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@]*@)?([\w.:[\]-]+)[^\s"'<>)]*/gi, "$1$2/…"],
  [/[^\s<>"'(,;:=]+@[^\s<>"'),;:]+/g, "[address]"],
  [/\b(bearer|basic|token|key|password|secret|authorization)\b(["']?\s*[:=]?\s*)["']?[^\s"',;)]{6,}/gi, "$1$2[secret]"],
  [/\blc_[\w-]+/g, "[token]"],
  // Quoted text is somebody's input, unless it looks like a name in our own code.
  [
    /"[^"]*"|'[^']*'|`[^`]*`|“[^”]*”/g,
    (found) => (/^.[a-z][\w.$:-]{0,60}.$/i.test(found) && !/\d{5}/.test(found) ? found : "[text]"),
  ],
  // Ids of ours may stay; other long runs of letters and digits may be keys.
  [
    /(?<![\w-])[\w-]{24,}/g,
    (found) => (isId.test(found) || !/\d/.test(found) || !/[a-z]/i.test(found) ? found : "[secret]"),
  ],
  // Phone numbers and people's internet addresses; those of machines within the house stay.
  [
    /(?<![\w-])\+?\(?\d[\d\s().-]{6,}\d(?![\w-])/g,
    (found) => (/^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/.test(found) ? found : "[number]"),
  ],
];

const LONGEST = 500;

/** The text without what may not leave the house; at most 500 characters. */
export const redact = (text: string): string => {
  // Long before the rules run: a body inside a message must not cost time.
  let left = text.slice(0, LONGEST * 8);
  for (const [pattern, replacement] of rules)
    left = typeof replacement === "string" ? left.replace(pattern, replacement) : left.replace(pattern, replacement);
  return left.slice(0, LONGEST).toWellFormed();
};
