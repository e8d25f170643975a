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
  // Quoted text is somebody's input, unless it looks like a name in our own code, which begins small.
  [
    /"[^"]*"|'[^']*'|`[^`]*`|“[^”]*”/g,
    (found) => (/^.[a-z][\w.$:-]{0,60}.$/.test(found) && !/\d{5}/.test(found) ? found : "[text]"),
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

interface PostgresError {
  readonly message: string;
  /** SQLSTATE: its first two characters are a class. */
  readonly code: string;
}

const isFromPostgres = (error: object): error is PostgresError =>
  "severity" in error && "routine" in error && "code" in error && typeof error.code === "string";

/** Where Postgres quotes values: errors of data, and whatever a trigger puts into words. */
const quotesValues = /^(?:22|P0)/;

/**
 * An error's message without what may be about people. Of Postgres's errors about data only the code stays, and the
 * beginning of the statement, which holds no parameters.
 */
export const redactedMessage = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return `A ${typeof thrown} was thrown instead of an error`;
  if (!isFromPostgres(thrown)) return redact(thrown.message);
  const { message, code } = thrown;
  const unsafe = quotesValues.test(code);
  // "statement - sentence". A statement may subtract, and a value may hold a dash: what is unsafe is cut at the first one.
  const end = unsafe ? message.indexOf(" - ") : message.lastIndexOf(" - ");
  const said = unsafe ? `Postgres refused a value (SQLSTATE ${code})` : redact(message.slice(end < 0 ? 0 : end + 3));
  return end < 0 ? said : `${said}, in: ${redact(message.slice(0, Math.min(end, 300)))}`;
};

/** For a log: name, redacted message and where it happened. */
export const redactedStack = (thrown: unknown): string => {
  const { name, stack } = thrown instanceof Error ? thrown : new Error("no error");
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [`${name}: ${redactedMessage(thrown)}`, ...frames].join("\n");
};
