// Takes words that name a person out of texts that stay: as one regular expression for Postgres and JavaScript alike.

/** How a word that was taken out is written. */
export const redacted = "(erased)";

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A word as it may stand in the address of a link. */
const inLinks = (word: string): string[] => {
  const encoded = encodeURIComponent(word.toWellFormed());
  return [encoded, encoded.replaceAll("%20", "+")];
};

/**
 * Matches any of the words, also as part of a link, for case-insensitive use; undefined when there is none.
 * `json`: as they stand inside JSON.
 */
export const anyWord = (words: readonly string[], json = false): string | undefined => {
  const written = words
    .filter((word) => word !== "")
    .flatMap((word) => [json ? JSON.stringify(word).slice(1, -1) : word, ...inLinks(word)]);
  // The longest first, so that a name inside an address does not leave the rest of the address standing.
  const sorted = [...new Set(written)].sort((a, b) => b.length - a.length);
  return sorted.length === 0 ? undefined : sorted.map(escaped).join("|");
};
