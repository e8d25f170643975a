// Takes words that name a person out of texts that stay: as one regular expression for Postgres and JavaScript alike.

/** How a word that was taken out is written. */
export const redacted = "(erased)";

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Matches any of the words, for case-insensitive use; undefined when there is none. `json`: as they stand inside JSON. */
export const anyWord = (words: readonly string[], json = false): string | undefined => {
  const written = words.filter((word) => word !== "").map((word) => (json ? JSON.stringify(word).slice(1, -1) : word));
  // The longest first, so that a name inside an address does not leave the rest of the address standing.
  const sorted = [...new Set(written)].sort((a, b) => b.length - a.length);
  return sorted.length === 0 ? undefined : sorted.map(escaped).join("|");
};
