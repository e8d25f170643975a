// Which communities somebody or something is limited to, in words.
const list = new Intl.ListFormat("en", { type: "conjunction" });

/** `Riverside and Hilltop`; of more than three the first two and how many more. */
export const communitiesInWords = (names: readonly string[]): string =>
  names.length > 3 ? list.format([...names.slice(0, 2), `${names.length - 2} more`]) : list.format(names);
